import { z } from 'zod';
import { InvalidInflowError } from './errors.ts';

/** How long a limit holds at the most: the operator who set it may have gone home. Milliseconds. */
export const LONGEST_LIMIT_MS = 24 * 3_600_000;

const limitShape = z.union([
  /** A share of the orders is let in, from 0 to 1. */
  z.strictObject({ share: z.number().min(0).max(1) }),
  /** Each instance lets in this many orders a second. */
  z.strictObject({ perSecond: z.number().min(0).max(1_000_000) }),
]);

/** How many orders are let in. */
export type InflowLimit = z.infer<typeof limitShape>;

/** A change of a limit, as the shards store it and the bus carries it. */
export const inflowChangeShape = z.strictObject({
  /** Decimal text; of two changes of a scope the higher one counts. */
  revision: z.string().regex(/^[1-9]\d{0,18}$/),
  scope: z.string().regex(/^(all|shop:[\x21-\x7e]{1,64}|region:.{1,100})$/),
  /** null lifts what was set before. */
  limit: limitShape.nullable(),
  by: z.string().min(1).max(128),
  reason: z.string().min(1).max(255),
  /** RFC 3339 UTC. */
  at: z.iso.datetime(),
  until: z.iso.datetime(),
});

export type InflowChange = z.infer<typeof inflowChangeShape>;

/** The text that limits of a region are compared by: the city of the delivery address, without regard to case. */
export function regionOf(city: string): string {
  return city.normalize('NFC').trim().toLowerCase();
}

/** The text of a scope. Throws {@link InvalidInflowError} for more than one. */
export function scopeOf({
  shop,
  region,
}: {
  readonly shop?: string | undefined;
  readonly region?: string | undefined;
}): string {
  if (shop !== undefined && region !== undefined)
    throw new InvalidInflowError('a limit is of a shop or of a region, not of both');
  if (shop !== undefined) return `shop:${shop}`;
  return region === undefined ? 'all' : `region:${regionOf(region)}`;
}

/** Checks a change. Throws {@link InvalidInflowError} saying what is wrong. */
export function checkInflowChange(change: InflowChange): InflowChange {
  const result = inflowChangeShape.safeParse(change);
  if (!result.success) throw new InvalidInflowError(z.prettifyError(result.error));
  const ms = Date.parse(change.until) - Date.parse(change.at);
  if (ms <= 0 || ms > LONGEST_LIMIT_MS)
    throw new InvalidInflowError('a limit holds for 24 hours at the most, and is set again after that');
  return change;
}
