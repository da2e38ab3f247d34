import { z } from 'zod';

const LARGEST_AMOUNT = 2n ** 63n - 1n;

/** The message for a value of the wrong type, or none. */
const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) =>
    issue.input === undefined ? 'is required' : `must be ${what}`,
});

/**
 * Text as people write it. NUL and halves of surrogate pairs are refused: not every store gives them back as they
 * were. The limit counts UTF-16 units, so it is never more than the columns' limit of characters.
 */
const text = (max: number, min = 1) =>
  z
    .string(expected('text'))
    .min(min, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\0'),
      'must have no NUL and no lone surrogate',
    );

/** An id that others gave: no blanks, so that it can be part of a path, a key or a header. */
export const id = z
  .string(expected('text'))
  .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters');

const integer = z.bigint(expected('a whole number'));

/** An amount in minor units. */
const amount = integer.min(0n, 'must not be negative').max(LARGEST_AMOUNT, 'is too large');

const quantity = integer
  .min(1n, 'must be at least 1')
  .max(10_000n, 'must be at most 10000')
  .transform((value) => Number(value));

const object = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape, expected('an object'));

const deliveryAddress = object({
  line1: text(200),
  line2: text(200).optional(),
  city: text(100).optional(),
  postalCode: text(20).optional(),
});

const item = object({ menuId: id, quantity });

/** The body of `POST /v1/orders`. */
export const placeOrderBody = object({
  memberId: id.optional(),
  shopId: id,
  items: z
    .array(item, expected('a list'))
    .min(1, 'must have at least one item')
    .max(100, 'must have at most 100 items'),
  deliveryAddress: deliveryAddress.optional(),
  note: text(500, 0).optional(),
  expectedTotal: amount.optional(),
});

const menu = object({ menuId: id, name: text(200), price: amount });

/** The body of `PUT /v1/shops/:shopId`. */
export const shopBody = object({
  name: text(200),
  currency: z.string(expected('text')).regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as KRW'),
  menus: z
    .array(menu, expected('a list'))
    .max(1000, 'must have at most 1000 menus')
    .superRefine((menus, context) => {
      const seen = new Set<string>();
      for (const [index, { menuId }] of menus.entries()) {
        if (seen.has(menuId)) {
          context.addIssue({ code: 'custom', path: [index, 'menuId'], message: 'is there already' });
        }
        seen.add(menuId);
      }
    }),
});

/** The body of a command that takes an order a step further. */
export const emptyBody = object({});

/** The body of a command that ends an order early. */
export const reasonBody = object({ reason: text(500) });

const once = 'must be given once';

/** How long a read may wait for a view, as text. */
const waitMs = z
  .string(once)
  .regex(/^(?:0|[1-9]\d{0,3}|10000)$/, 'must be a whole number of milliseconds from 0 to 10000')
  .transform(Number);

/** The query of an order that is read. */
export const orderQuery = z.strictObject({
  minVersion: z
    .string(once)
    .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1')
    .transform(Number)
    .default(1),
  waitMs: waitMs.default(0),
});

/** The query of a list of orders. */
export const pageQuery = z.strictObject({
  limit: z
    .string(once)
    .regex(/^(?:[1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .default(20),
  cursor: z.string(once).optional(),
  atLeast: z
    .string(once)
    .regex(
      /^\d{1,19}-[1-9]\d{0,8}(?:,\d{1,19}-[1-9]\d{0,8}){0,19}$/,
      'must be 1 to 20 of what Order-Version says, with commas between them',
    )
    .transform((list) =>
      list.split(',').map((part) => {
        const [number, version] = part.split('-') as [string, string];
        return { number: BigInt(number), version: Number(version) };
      }),
    )
    .default([]),
  waitMs: waitMs.default(2_000),
});

/** The header that makes a request safe to send again. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional();
