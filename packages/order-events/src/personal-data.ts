import type { OrderSnapshot } from './snapshot.ts';

/** The text that replaces an erased reason. */
export const ERASED_REASON = 'erased';

/** The parts of an order that hold personal data of its member: address, note, and the reasons with which it was ended. */
export type PersonalData = Pick<OrderSnapshot, 'deliveryAddress' | 'note' | 'cancellation' | 'refund'>;

/** Whether an order still holds personal data of its member, beside their id. */
export function hasPersonalData({ deliveryAddress, note, cancellation, refund }: PersonalData): boolean {
  return (
    deliveryAddress !== undefined ||
    note !== undefined ||
    [cancellation, refund].some((ending) => ending !== undefined && ending.reason !== ERASED_REASON)
  );
}

/**
 * Returns the same order without personal data of its member. The member's id stays: accounts, lists and events use it as
 * their key, and only those who keep the members can tell who it is.
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
