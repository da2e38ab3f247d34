import { encodeNumber } from '@ordershard/shard-router';
import { mulberry32 } from '../measure/statistics.ts';

/** An order as strategies see it: two attributes that it could be routed by. */
export interface KeyedOrder {
  readonly number: bigint;
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  /** What was paid, in minor units of a currency without decimals, to the nearest hundred. */
  readonly price: bigint;
}

const MINUTE_MS = 60_000;
const WORKERS = 8;

/** When orders are placed: a part of the day's orders around a time of day, both in minutes. */
const PEAKS = [
  { share: 0.45, at: 12 * 60 + 15, spread: 35 },
  { share: 0.33, at: 18 * 60 + 45, spread: 50 },
] as const;
/** The rest comes evenly between these times. */
const OPEN = { from: 8 * 60, to: 23 * 60 } as const;

/**
 * The orders of a day of lunch and dinner, rising by number: 45 % around 12:15, 33 % around 18:45, the rest between 8:00
 * and 23:00. Prices are log-normal around 14,000, as baskets are. The same seed gives the same day.
 */
export function lunchPeakedDay(dayMs: number, count: number, seed: number): readonly KeyedOrder[] {
  const random = mulberry32(seed);
  const used = new Map<string, number>();
  const orders = Array.from({ length: count }, (): KeyedOrder => {
    const timeMs = dayMs + Math.floor(minuteOf(random) * MINUTE_MS);
    const worker = Math.floor(random() * WORKERS);
    const sequence = used.get(`${timeMs}-${worker}`) ?? 0;
    used.set(`${timeMs}-${worker}`, sequence + 1);
    const price = Math.max(3_000, Math.round((14_000 * Math.exp(normal(random) * 0.55)) / 100) * 100);
    return { number: encodeNumber({ timeMs, worker, sequence }), timeMs, price: BigInt(price) };
  });
  return orders.toSorted((a, b) => Number(a.number - b.number));
}

function minuteOf(random: () => number): number {
  let pick = random();
  for (const { share, at, spread } of PEAKS) {
    if (pick < share) return Math.min(1439, Math.max(0, at + normal(random) * spread));
    pick -= share;
  }
  return OPEN.from + random() * (OPEN.to - OPEN.from);
}

/** A value of the standard normal distribution (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
