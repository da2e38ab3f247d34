import type { Actor } from '@ordershard/order-events';

/** Who calls, as a verified token says. */
export interface Caller {
  readonly role: Actor;
  /** The member's or shop's id; the name of an operator or service. No blanks. */
  readonly subject: string;
}

/** The caller as text, the same for the same caller and for no other. */
export function callerText({ role, subject }: Caller): string {
  return `${role}:${subject}`;
}

/** Whether a caller may see an order: members see their own, shops those placed with them, operators and services all. */
export function maySee(
  { role, subject }: Caller,
  order: { readonly memberId: string; readonly shopId: string },
): boolean {
  if (role === 'member') return order.memberId === subject;
  if (role === 'shop') return order.shopId === subject;
  return true;
}
