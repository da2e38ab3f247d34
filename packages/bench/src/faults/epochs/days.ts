import { decodeNumber } from '@ordershard/shard-router';

export const DAY_MS = 86_400_000;

/** The UTC day of a moment (Unix time in milliseconds), as days since 1970. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** The UTC day of an order number, as days since 1970. */
export function dayOfNumber(number: string): number {
  return dayOf(decodeNumber(BigInt(number)).timeMs);
}

/** What a run of some days is made of. */
export interface DaysPlan {
  /** Days from the one on which the third shard was added: the first of them is day 1. */
  readonly days: number;
  /** Days before that, on which there were two shards; as many as an order is kept. */
  readonly before: number;
  readonly keepDays: number;
  /** Whether this is the full run, in which openers die at each step. */
  readonly full: boolean;
  readonly ordersPerDay: number;
  /** Orders that are looked for by number, through a router, on each day; on the last one all are. */
  readonly reads: number;
  /** How far from even the shards may be on the last day, as a share. */
  readonly mostOff: number;
  /** How long the run lives at real speed before the epoch begins, and after. Milliseconds. */
  readonly windowMs: readonly [before: number, after: number];
  /** How often a key is posted in it, milliseconds. */
  readonly postEveryMs: number;
}

const RETENTION_DAYS = 30;
const SHARDS = 3;

/** 31 days are lived in full; fewer are a short run, with a shorter retention and few orders. */
export function planDays(days: number): DaysPlan {
  if (!Number.isSafeInteger(days) || days < 3) throw new RangeError('it takes three days at the least');
  // Orders that were placed on day 1 before the epoch weigh little in a month, and too much in a few days: a short run ends
  // without them.
  const full = days > RETENTION_DAYS;
  const keepDays = full ? RETENTION_DAYS : days - 2;
  const ordersPerDay = full ? 1_000 : 160;
  return {
    days,
    before: keepDays,
    keepDays,
    full,
    ordersPerDay,
    reads: full ? 600 : 100,
    // Where numbers are drawn at random, a shard's share of few orders is off by chance: five standard deviations.
    mostOff: full ? 0.03 : 5 * Math.sqrt((SHARDS - 1) / (ordersPerDay * (keepDays + 1))),
    windowMs: full ? [5_000, 2_000] : [2_000, 1_000],
    postEveryMs: full ? 350 : 800,
  };
}

/** How far the shard that is farthest from an equal part is off, as a share of that part. */
export function farthestFromEven(counts: readonly number[]): number {
  const part = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return part === 0 ? 0 : Math.max(...counts.map((count) => Math.abs(count - part))) / part;
}
