import type { Findings, Place } from './findings.ts';
import type { ContentItem, OrderContent } from './order-content.ts';

/** An answer, event, row or document that is not an order at all. */
export class NotAnOrderError extends Error {
  readonly code = 'DEMO_NOT_AN_ORDER';
  readonly retryable = false;
  override readonly name = 'NotAnOrderError';
}

/** Runs `read`; turns a NotAnOrderError into a finding. */
export function readable(findings: Findings, place: Place, subject: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof NotAnOrderError || error instanceof SyntaxError)) throw error;
    findings.add('mismatched', place, subject, `is not an order: ${error.message}`);
  }
}

/**
 * Reads an order as JSON, documents and BSON hold it: integers may be numbers, bigints or decimal text, times Dates or
 * RFC 3339 text, and what an order lacks may be absent or null. Throws {@link NotAnOrderError} for anything else.
 */
export function readContent(order: unknown): OrderContent {
  const fields = asFields(order, 'the order');
  const address = optional(fields['deliveryAddress'], 'deliveryAddress');
  const cancellation = optional(fields['cancellation'], 'cancellation');
  const refund = optional(fields['refund'], 'refund');
  return {
    number: integerText(fields['number'] ?? fields['_id'], 'number'),
    version: count(fields['version'], 'version'),
    status: text(fields['status'], 'status'),
    memberId: text(fields['memberId'], 'memberId'),
    shopId: text(fields['shopId'], 'shopId'),
    shopName: text(fields['shopName'], 'shopName'),
    currency: text(fields['currency'], 'currency'),
    total: integerText(fields['total'], 'total'),
    items: list(fields['items'], 'items').map(readItem),
    address: address && [
      text(address['line1'], 'line1'),
      textOr(address['line2'], ''),
      textOr(address['city'], ''),
      textOr(address['postalCode'], ''),
    ],
    note: textOr(fields['note'], null),
    timeline: list(fields['timeline'], 'timeline').map((entry) => {
      const { status, at } = asFields(entry, 'timeline');
      return [text(status, 'timeline'), time(at, 'timeline')] as const;
    }),
    cancellation: cancellation && [
      text(cancellation['by'], 'cancellation'),
      text(cancellation['reason'], 'cancellation'),
    ],
    refundReason: refund && text(refund['reason'], 'refund'),
    placedAt: time(fields['placedAt'], 'placedAt'),
    updatedAt: time(fields['updatedAt'], 'updatedAt'),
  };
}

function readItem(item: unknown): ContentItem {
  const fields = asFields(item, 'items');
  return [
    count(fields['line'], 'line'),
    text(fields['menuId'], 'menuId'),
    text(fields['name'], 'name'),
    integerText(fields['unitPrice'], 'unitPrice'),
    count(fields['quantity'], 'quantity'),
    integerText(fields['amount'], 'amount'),
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function asFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null) throw new NotAnOrderError(`${what} is not an object`);
  return value as Fields;
}

function optional(value: unknown, what: string): Fields | null {
  return value === undefined || value === null ? null : asFields(value, what);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new NotAnOrderError(`${what} is not a list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new NotAnOrderError(`${what} is not a text`);
  return value;
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

function time(value: unknown, what: string): string {
  return value instanceof Date ? value.toISOString() : text(value, what);
}

/** An exact integer as decimal text. */
function integerText(value: unknown, what: string): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)))
    return String(value);
  if (typeof value === 'string' && /^(0|-?[1-9]\d*)$/.test(value)) return value;
  throw new NotAnOrderError(`${what} is not an exact integer`);
}

function count(value: unknown, what: string): number {
  return Number(integerText(value, what));
}
