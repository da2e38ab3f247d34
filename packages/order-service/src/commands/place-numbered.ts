import { eventInsert, ORDERS_TOPIC } from '@ordershard/outbox';
import { DuplicateRowError, NumberNotWritableError } from '@ordershard/shard-router';
import { asOf } from '../orders/as-of.ts';
import { decide } from '../orders/decide.ts';
import { NumberNotUsableError, NumberTakenError, OrderError } from '../orders/errors.ts';
import { evolve } from '../orders/evolve.ts';
import type { Order } from '../orders/order.ts';
import { assertAllowed } from '../orders/rules.ts';
import { toEvent, toSnapshot } from '../orders/snapshot.ts';
import { newOrder, readOrder } from '../repository/orders.ts';
import { selectOrder } from '../repository/sql/select-order.ts';
import { maySee } from './caller.ts';
import type { CommandContext, CommandParts, Outcome } from './parts.ts';
import { type OrderRequest, price, throttled } from './place-order.ts';

/**
 * Places an order under a number that its caller drew before. The number is the idempotency key: the same request with the
 * same number returns the order as it was placed, even when the order or the shop has changed since.
 *
 * @throws InflowThrottledError, or the context's refusal, when the order is not let in and was not placed before
 * @throws OrderError when the order is refused
 * @throws NumberTakenError when the caller's order under this number was placed with another request
 * @throws NumberNotUsableError when the number is too old, lies in the future, or belongs to someone else's order
 * @throws the router's errors
 */
export async function placeNumberedOrder(
  parts: CommandParts,
  number: bigint,
  request: OrderRequest,
  context: CommandContext,
): Promise<Outcome> {
  const { caller, share, traceparent } = context;
  assertAllowed('place', caller.role);
  const { router, source } = parts;
  const placedBefore = async (refusal: Error): Promise<Outcome> => {
    const stored = await readOrder(router, number);
    // A caller must not learn that a number belongs to someone else's order.
    if (stored === undefined || !maySee(caller, stored.order)) throw refusal;
    const first = asOf(stored.order, 1);
    if (!isAnswerTo(first, request)) throw new NumberTakenError(number, { cause: refusal });
    return { snapshot: toSnapshot(first), replayed: true };
  };
  const notNow = context.refusal ?? throttled(parts, request);
  if (notNow !== undefined) return placedBefore(notNow);
  let order: Order;
  try {
    const command = await price(parts.catalogue, request, caller);
    const [created] = decide({ ...command, number }, undefined, parts.now());
    order = evolve(undefined, created!);
  } catch (error) {
    // The shop may have changed since the first request; the answer to that request stays valid.
    if (error instanceof OrderError) return placedBefore(error);
    throw error;
  }
  const snapshot = toSnapshot(order);
  const event = toEvent(snapshot, { source, traceparent });
  try {
    const outcome = await router.write(
      { number, fresh: true },
      ({ bucket }) => ({
        statements: [...newOrder(order, bucket), eventInsert(ORDERS_TOPIC, event, bucket)],
        already: selectOrder(number),
      }),
      { caller: share },
    );
    if (outcome.applied) return { snapshot, replayed: false };
  } catch (error) {
    if (error instanceof NumberNotWritableError) {
      return placedBefore(new NumberNotUsableError(number, { cause: error }));
    }
    if (!(error instanceof DuplicateRowError)) throw error;
  }
  return placedBefore(new NumberNotUsableError(number));
}

/** Whether an order is what a request asks for, so that the request may be a repeat of the one that placed it. */
function isAnswerTo(order: Order, request: OrderRequest): boolean {
  const asked = request.deliveryAddress;
  const { deliveryAddress: had } = order;
  return (
    order.memberId === request.memberId &&
    order.shopId === request.shopId &&
    order.lines.length === request.items.length &&
    order.lines.every(({ menuId, quantity }, index) => {
      const item = request.items[index];
      return item?.menuId === menuId && item.quantity === quantity;
    }) &&
    order.note === request.note &&
    (had === undefined) === (asked === undefined) &&
    had?.line1 === asked?.line1 &&
    had?.line2 === asked?.line2 &&
    had?.city === asked?.city &&
    had?.postalCode === asked?.postalCode &&
    (request.expectedTotal === undefined || request.expectedTotal === order.total)
  );
}
