import { z } from 'zod';
import { ORDER_STATUSES, type OrderStatus } from '@ordershard/order-events';
import { ENDINGS, STEPS } from '../../orders/command.ts';
import { CURSOR_PATTERN } from '../../views/cursor.ts';
import { MOST_TOKENS } from '../../views/reader.ts';
import { TOKEN_PATTERN } from '../../views/reader-token.ts';
import { amount, count, expected, id, object, once, queryInteger, text } from './fields.ts';

export { id } from './fields.ts';

/** The fields of an address, as text; what an address is has no meaning here. */
export const deliveryAddress = object({
  line1: text(200),
  line2: text(200).optional(),
  city: text(100).optional(),
  postalCode: text(20).optional(),
}).meta({ id: 'DeliveryAddress' });

const item = object({ menuId: id, quantity: count(10_000) }).meta({ id: 'NewOrderItem' });

/** The body of `POST /v1/orders` and `PUT /v1/orders/{number}`. */
export const placeOrderBody = object({
  memberId: id
    .optional()
    .meta({ description: 'Whose order it is. A member may leave it out; an operator or a service may not.' }),
  shopId: id,
  items: z
    .array(item, expected('a list'))
    .min(1, 'must have at least one item')
    .max(100, 'must have at most 100 items'),
  deliveryAddress: deliveryAddress.optional(),
  note: text(500, 0).optional(),
  expectedTotal: amount.optional().meta({
    description:
      'What the order should cost, in minor units. It is refused when it would cost something else.',
  }),
}).meta({
  id: 'NewOrder',
  examples: [
    {
      shopId: 's-1',
      items: [{ menuId: 'm-1', quantity: 2 }],
      deliveryAddress: { line1: 'Teheran-ro 1', city: 'Seoul' },
      note: 'Ring twice',
    },
  ],
});

const menu = object({ menuId: id, name: text(200), price: amount }).meta({ id: 'Menu' });

/** The body of `PUT /v1/shops/{shopId}`. */
export const shopBody = object({
  name: text(200),
  currency: z.string(expected('text')).regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as KRW'),
  menus: z.array(menu, expected('a list')).max(1000, 'must have at most 1000 menus'),
}).meta({
  id: 'NewShop',
  description: 'A shop and its menus. No menu id may be there twice.',
  examples: [
    {
      name: 'Seoul Kitchen',
      currency: 'KRW',
      menus: [{ menuId: 'm-1', name: 'Bibimbap', price: 12_000 }],
    },
  ],
});

/** The body of a command that takes an order a step further. */
export const emptyBody = object({}).meta({ id: 'NoFields' });

/** The body of a command that ends an order early. */
export const reasonBody = object({ reason: text(500) }).meta({
  id: 'Reason',
  examples: [{ reason: 'The kitchen is closed' }],
});

/** The number of an order in a body. */
export const orderNumber = z
  .string(expected('text'))
  .regex(/^(?:0|[1-9]\d{0,18})$/, 'must be an order number')
  .meta({ id: 'OrderNumber', description: 'An order number: decimal text of a 63-bit integer.' });

const idempotencyKeyText = z
  .string(expected('text'))
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters');

const ifVersion = count(999_999_999)
  .optional()
  .meta({ description: 'The version that the order must be at, as with If-Match.' });

const stepChange = object({ number: orderNumber, command: z.enum(STEPS), ifVersion }).meta({
  id: 'OrderStep',
});

const endingChange = object({
  number: orderNumber,
  command: z.enum(ENDINGS),
  reason: text(500),
  ifVersion,
}).meta({ id: 'OrderEnding' });

const change = z.discriminatedUnion('command', [stepChange, endingChange], {
  error: (issue: { readonly code?: string }) =>
    issue.code === 'invalid_union'
      ? `must be one of ${[...STEPS, ...ENDINGS].join(', ')}`
      : 'must be an object',
});

/** The body of `POST /v1/order-changes`. */
export const changesBody = object({
  changes: z
    .array(change, expected('a list'))
    .min(1, 'must have at least one change')
    .max(500, 'must have at most 500 changes'),
}).meta({
  id: 'OrderChanges',
  examples: [{ changes: [{ number: '250973221195845633', command: 'accept', ifVersion: 2 }] }],
});

const waitMs = (fallback: number) => queryInteger(0, 5_000, fallback);

/** The query of an order that is read. */
export const orderQuery = z.strictObject({
  minVersion: queryInteger(1, 999_999_999, 1),
  waitMs: waitMs(0),
});

const AT_LEAST = /^\d{1,19}-[1-9]\d{0,8}(?:,\d{1,19}-[1-9]\d{0,8}){0,19}$/;

const limit = queryInteger(1, 100, 20);
const cursor = once
  .optional()
  .meta({ description: '`nextCursor` of the page before.', pattern: CURSOR_PATTERN });

/** The query of a list of orders. */
export const pageQuery = z.strictObject({
  limit,
  cursor,
  atLeast: once
    .regex(AT_LEAST, 'must be 1 to 20 of what Order-Version says, with commas between them')
    .transform((list) =>
      list.split(',').map((part) => {
        const [number, version] = part.split('-') as [string, string];
        return { number: BigInt(number), version: Number(version) };
      }),
    )
    .default([])
    .meta({
      default: undefined,
      description: 'Versions of orders that the list must have: what Order-Version said.',
    }),
  waitMs: waitMs(2_000),
});

const STATUS_LIST = new RegExp(`^(?:${ORDER_STATUSES.join('|')})(?:,(?:${ORDER_STATUSES.join('|')})){0,9}$`);

const NO_TIME = 'must be a time in UTC such as 2026-01-31T12:00:00Z';

/** A time of a query. */
const time = once
  .regex(
    /^20[2-8]\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?Z$/,
    { error: NO_TIME, abort: true },
  )
  // `Date` makes 2 March of 30 February.
  .refine((value) => new Date(value).toISOString().startsWith(value.slice(0, 19)), NO_TIME)
  .transform((value) => new Date(value))
  .optional();

/** The query of a search for orders. */
export const searchQuery = z.strictObject({
  status: once
    .regex(STATUS_LIST, `must be one or more of ${ORDER_STATUSES.join(', ')}, with commas between them`)
    .transform((list) => [...new Set(list.split(','))] as OrderStatus[])
    .optional(),
  from: time.meta({ description: 'The earliest time at which the number of an order was drawn.' }),
  to: time.meta({ description: 'The time before which the number of an order was drawn.' }),
  limit,
  cursor,
});

/** The header that says what a caller has seen, as the document describes it. What it says is read by `Reader`. */
export const readerTokens = z
  .string()
  .meta({ pattern: `^${TOKEN_PATTERN}(?:, ?${TOKEN_PATTERN}){0,${MOST_TOKENS - 1}}$` });

/** The header that makes a request safe to send again. */
export const idempotencyKey = idempotencyKeyText.optional();
