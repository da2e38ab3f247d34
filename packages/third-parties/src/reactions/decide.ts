import { ORDER_STATUSES, type OrderSnapshot, type OrderStatus } from '@ordershard/order-events';
import type { ChangeOrder } from '@ordershard/order-service';
import type { PartyName, Report } from '../ports/third-party.ts';

/** How long an order may wait for each third party before it is cancelled, milliseconds. */
export type Patience = Readonly<Record<PartyName, number>>;

/** What an order needs of a third party now. */
export type Need =
  | 'nothing'
  /** Ask for it, or ask for it again, which does no harm. */
  | 'request'
  /** It was asked for; ask what has become of it. */
  | 'ask'
  /** It is not needed any more: take it back. */
  | 'withdraw'
  /** The order has waited long enough: cancel it. */
  | 'give up';

/** The state in which an order waits for each third party to begin. */
const WAITS_IN: Readonly<Record<PartyName, OrderStatus>> = {
  payment: 'created',
  shop: 'paid',
  delivery: 'ready',
};

/** The states in which each third party takes an order further, once it has begun. */
const GOES_ON_IN: Readonly<Record<PartyName, readonly OrderStatus[]>> = {
  payment: [],
  shop: ['accepted', 'cooking'],
  delivery: ['dispatched', 'picked_up'],
};

const had = (order: OrderSnapshot, status: OrderStatus) =>
  order.timeline.some((entry) => entry.status === status);

/** Decides what an order needs of a third party. Pure. */
export function needOf(party: PartyName, order: OrderSnapshot, patience: Patience, now: Date): Need {
  const { status } = order;
  if (status === WAITS_IN[party]) {
    const waited = now.getTime() - Date.parse(order.updatedAt);
    return waited > patience[party] ? 'give up' : 'request';
  }
  if (GOES_ON_IN[party].includes(status)) return 'ask';
  // When an order is cancelled, its payment is always taken back: this function does not know whether it was ever asked for.
  if (status === 'cancelled')
    return party === 'payment' || had(order, WAITS_IN[party]) ? 'withdraw' : 'nothing';
  if (status === 'refunded') return party === 'payment' ? 'withdraw' : 'nothing';
  return 'nothing';
}

/** The step that leads to each state. */
const STEP_TO: Partial<Record<OrderStatus, Exclude<ChangeOrder['type'], 'cancel' | 'refund'>>> = {
  paid: 'pay',
  accepted: 'accept',
  cooking: 'cook',
  ready: 'ready',
  dispatched: 'dispatch',
  picked_up: 'pickup',
  delivered: 'deliver',
};

/** The state that an order has reached after a report; undefined when the report takes it no further. */
const REACHED: Partial<Record<string, OrderStatus>> = {
  captured: 'paid',
  accepted: 'accepted',
  cooking: 'cooking',
  ready: 'ready',
  dispatched: 'dispatched',
  picked_up: 'picked_up',
  delivered: 'delivered',
};

/** Why an order is cancelled after a report. The texts are for the member, and stay the same on every try. */
const ENDED: Partial<Record<`${PartyName} ${string}`, string>> = {
  'payment declined': 'the payment was declined',
  'payment voided': 'the payment was withdrawn',
  'payment refunded': 'the payment was given back',
  'shop refused': 'the shop refused the order',
  'shop withdrawn': 'the shop does not have the order any more',
  'delivery failed': 'nobody could deliver the order',
  'delivery withdrawn': 'the delivery was withdrawn',
};

/** Why an order is cancelled when it has waited too long for a third party. */
export const GIVEN_UP: Readonly<Record<PartyName, string>> = {
  payment: 'the payment was not confirmed in time',
  shop: 'the shop did not confirm in time',
  delivery: 'nobody took the delivery in time',
};

/**
 * Returns the commands that bring an order to where a third party reports it to be. Returns none when the order is there
 * already, or when the report takes it no further. Pure.
 */
export function commandsFor<Name extends PartyName>(
  party: Name,
  report: Report<Name>,
  status: OrderStatus,
): readonly ChangeOrder[] {
  const reason = ENDED[`${party} ${report}`];
  if (reason !== undefined) return [cancel(reason)];
  const reached = REACHED[report];
  if (reached === undefined) return [];
  const [from, to] = [ORDER_STATUSES.indexOf(status), ORDER_STATUSES.indexOf(reached)];
  return ORDER_STATUSES.slice(from + 1, to + 1).map((next) => ({ type: STEP_TO[next]!, by: 'service' }));
}

export const cancel = (reason: string): ChangeOrder => ({ type: 'cancel', by: 'service', reason });

/** Reports after which nothing of a demand is left to withdraw. */
const GONE: readonly string[] = ['voided', 'refunded', 'declined', 'withdrawn', 'refused', 'failed'];

/** Whether nothing is left of a withdrawn demand. A delivery that is under way cannot be stopped any more. */
export function isGone(report: string): boolean {
  return GONE.includes(report);
}
