import { EVENT_OF_STATUS, hasPersonalData } from '@ordershard/order-events';
import type { OrderAdvanced, OrderChange, OrderCreated, OrderEnded } from './change.ts';
import type { AdvanceOrder, EndOrder, OrderCommand, PlaceOrder, PricedLine } from './command.ts';
import { AmountRangeError, InvalidLinesError, TotalMismatchError, TransitionError } from './errors.ts';
import { updatedAt, wasPaid, type Order, type OrderLine } from './order.ts';
import { assertAllowed, CANCELLABLE, STEP_RULES } from './rules.ts';

/** The largest number that a signed 64-bit column holds. */
const LARGEST_AMOUNT = 2n ** 63n - 1n;

/**
 * Returns the changes that a command makes to an order, none if it has been done before. `state` is undefined when there is
 * no order. Pure: time comes in as `now`. Throws an {@link OrderError} when the command is refused.
 */
export function decide(command: OrderCommand, state: Order | undefined, now: Date): readonly OrderChange[] {
  assertAllowed(command.type, command.by);
  if (command.type === 'place') {
    if (state !== undefined) throw new TransitionError('place', state.status, 'it exists already');
    return [place(command, now)];
  }
  if (state === undefined) throw new TransitionError(command.type, undefined);
  const at = laterOf(now, state);
  switch (command.type) {
    case 'cancel':
      return [cancel(command, state, at)];
    case 'refund':
      return [refund(command, state, at)];
    case 'erase':
      return hasPersonalData(state) ? [{ type: 'order.erased', at }] : [];
    default:
      return [advance(command, state, at)];
  }
}

/** Now, but never before the order's last change: clocks of several servers differ. */
function laterOf(now: Date, state: Order): string {
  const at = now.toISOString();
  const last = updatedAt(state);
  return at < last ? last : at;
}

function place(command: PlaceOrder, now: Date): OrderCreated {
  const { shop, expectedTotal } = command;
  if (command.lines.length === 0) throw new InvalidLinesError('items', 'must have at least one item');
  const lines = command.lines.map(price);
  const total = lines.reduce((sum, { amount }) => sum + amount, 0n);
  if (total > LARGEST_AMOUNT) throw new AmountRangeError('items', 'the total is too large');
  if (expectedTotal !== undefined && expectedTotal !== total)
    throw new TotalMismatchError(expectedTotal, total);
  return {
    type: 'order.created',
    at: now.toISOString(),
    number: command.number,
    memberId: command.memberId,
    shopId: shop.shopId,
    shopName: shop.name,
    currency: shop.currency,
    total,
    lines,
    deliveryAddress: command.deliveryAddress,
    note: command.note,
  };
}

function price({ menuId, name, unitPrice, quantity }: PricedLine, index: number): OrderLine {
  if (!Number.isSafeInteger(quantity) || quantity < 1) {
    throw new InvalidLinesError(`items[${index}].quantity`, 'must be a positive whole number');
  }
  if (unitPrice < 0n) throw new AmountRangeError(`items[${index}]`, 'the price is negative');
  const amount = unitPrice * BigInt(quantity);
  if (amount > LARGEST_AMOUNT)
    throw new AmountRangeError(`items[${index}].quantity`, 'the amount is too large');
  return { line: index + 1, menuId, name, unitPrice, quantity, amount };
}

function advance({ type }: AdvanceOrder, state: Order, at: string): OrderAdvanced {
  const { from, to } = STEP_RULES[type];
  if (state.status !== from) throw new TransitionError(type, state.status);
  return { type: EVENT_OF_STATUS[to], at };
}

function cancel({ by, reason }: EndOrder, state: Order, at: string): OrderEnded {
  if (!CANCELLABLE[by].includes(state.status)) {
    const late = by === 'member' && CANCELLABLE.shop.includes(state.status);
    throw new TransitionError('cancel', state.status, late ? 'only the shop can now' : undefined);
  }
  return { type: 'order.cancelled', at, by, reason };
}

function refund({ by, reason }: EndOrder, state: Order, at: string): OrderEnded {
  if (state.status === 'cancelled' && !wasPaid(state)) {
    throw new TransitionError('refund', state.status, 'it was never paid');
  }
  if (state.status !== 'cancelled' && state.status !== 'delivered') {
    throw new TransitionError('refund', state.status);
  }
  return { type: 'order.refunded', at, by, reason };
}
