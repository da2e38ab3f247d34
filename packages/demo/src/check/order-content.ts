import { hash } from 'node:crypto';

/** What an order holds at one version, in one notation for every place it is read from. Amounts as decimal text. */
export interface OrderContent {
  readonly number: string;
  readonly version: number;
  readonly status: string;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  readonly currency: string;
  readonly total: string;
  readonly items: readonly ContentItem[];
  readonly address: readonly [line1: string, line2: string, city: string, postalCode: string] | null;
  readonly note: string | null;
  /** Status and RFC 3339 time of each version. */
  readonly timeline: readonly (readonly [status: string, at: string])[];
  readonly cancellation: readonly [by: string, reason: string] | null;
  readonly refundReason: string | null;
  readonly placedAt: string;
  readonly updatedAt: string;
}

export type ContentItem = readonly [
  line: number,
  menuId: string,
  name: string,
  unitPrice: string,
  quantity: number,
  amount: string,
];

/** The first 48 bits of the SHA-1 of a text, as a number: small to keep, and good enough to tell texts apart. */
export function digest(text: string): number {
  return Number.parseInt(hash('sha1', text, 'hex').slice(0, 12), 16);
}

/** Equal for equal content. */
export function digestOf(content: OrderContent): number {
  return digest(
    JSON.stringify([
      content.number,
      content.version,
      content.status,
      content.memberId,
      content.shopId,
      content.shopName,
      content.currency,
      content.total,
      content.items,
      content.address,
      content.note,
      content.timeline,
      content.cancellation,
      content.refundReason,
      content.placedAt,
      content.updatedAt,
    ]),
  );
}

/** Equal for orders of the same lines. */
export function digestOfItems(content: OrderContent): number {
  return digest(JSON.stringify(content.items));
}
