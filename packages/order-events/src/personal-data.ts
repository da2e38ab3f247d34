import type { OrderSnapshot } from './snapshot.ts';

/** What stands in the place of a reason that was erased. */
export const ERASED_REASON = 'erased';

/** The parts of an order that say something of its member: address, note, and the words in which it was ended. */
export type PersonalData = Pick<OrderSnapshot, 'deliveryAddress' | 'note' | 'cancellation' | 'refund'>;

/** Whether an order still says something of its member, beside their id. */
export function hasPersonalData({ deliveryAddress, note, cancellation, refund }: PersonalData): boolean {
  return (
    deliveryAddress !== undefined ||
    note !== undefined ||
    [cancellation, refund].some((ending) => ending !== undefined && ending.reason !== ERASED_REASON)
  );
}

/**
 * The same order without what it says of its member. The member's id stays: it is the key that accounts, lists and events
 * go by, and says who that is only to those who keep the members.
 */
export function withoutPersonalData<T extends PersonalData>(order: T): T {
  const { deliveryAddress: _, note: _note, cancellation, refund, ...rest } = order;
  const erased = (ending: PersonalData['refund']) => ending && { ...ending, reason: ERASED_REASON };
  return {
    ...rest,
    ...(cancellation === undefined ? {} : { cancellation: erased(cancellation) }),
    ...(refund === undefined ? {} : { refund: erased(refund) }),
  } as T;
}
