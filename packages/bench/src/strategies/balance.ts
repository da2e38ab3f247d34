import type { ShardingStrategy } from '@ordershard/shard-router';
import { directoryOf, keyHash, quantiles, ranges, shardsOf, widths } from './contenders.ts';
import type { KeyedOrder } from './keys.ts';

export interface BalanceFigures {
  readonly name: string;
  readonly key: 'number' | 'price';
  /** Each shard's part of the day's orders. */
  readonly shares: readonly number[];
  /** Pearson's statistic against an even spread; with 4 shards, chance alone stays below 7.8 in 95 of 100 days. */
  readonly chiSquare: number;
  /** The farthest that a shard is from its even part, as a part of that. */
  readonly maxDeviation: number;
  /** The busiest shard's part of the orders of each half-hour with at least 100 orders; 0 in the others. */
  readonly busiestByHalfHour: readonly number[];
  /** The mean of those that are not 0, weighed by orders. */
  readonly busiestAtOnce: number;
}

const HALF_HOUR_MS = 30 * 60_000;

/** How even a day's orders lie under each strategy, by order number and by price. Ranges are cut by the day before. */
export async function measureBalance(
  day: readonly KeyedOrder[],
  dayBefore: readonly KeyedOrder[],
  shards: number,
): Promise<readonly BalanceFigures[]> {
  const dayMs = 86_400_000n << 22n;
  const numbers = day.map(({ number }) => number);
  const prices = day.map(({ price }) => price);
  const seenNumbers = dayBefore.map(({ number }) => number + dayMs);
  const seenPrices = dayBefore.map(({ price }) => price).toSorted((a, b) => Number(a - b));
  const figures = (name: string, key: 'number' | 'price', strategy: ShardingStrategy) => ({
    name,
    key,
    ...evenness(day, shardsOf(strategy, key === 'number' ? numbers : prices), shards),
  });
  const midnight = numbers[0]! - (numbers[0]! % dayMs);
  return [
    figures('key-hash', 'number', keyHash(shards)),
    figures('range, equal times', 'number', ranges(widths(midnight, midnight + dayMs, shards))),
    figures('range, by the day before', 'number', ranges(quantiles(seenNumbers, shards))),
    figures('directory', 'number', await directoryOf(shards, numbers)),
    figures('key-hash', 'price', keyHash(shards)),
    figures('range, equal widths', 'price', ranges(widths(0n, 100_000n, shards))),
    figures('range, by the day before', 'price', ranges(quantiles(seenPrices, shards))),
    figures('directory', 'price', await directoryOf(shards, prices)),
  ];
}

/** How far from even a spread of orders over shards is. */
export function evenness(
  day: readonly KeyedOrder[],
  shardOfOrder: readonly number[],
  shards: number,
): Omit<BalanceFigures, 'name' | 'key'> {
  const even = day.length / shards;
  const counts = countOf(shardOfOrder, shards);
  const halfHours = Map.groupBy(day.keys(), (i) => Math.floor((day[i]!.timeMs % 86_400_000) / HALF_HOUR_MS));
  let weighed = 0;
  let counted = 0;
  const busiestByHalfHour = Array.from({ length: 48 }, (_, halfHour) => {
    const orders = halfHours.get(halfHour) ?? [];
    if (orders.length < 100) return 0;
    const busiest = Math.max(
      ...countOf(
        orders.map((i) => shardOfOrder[i]!),
        shards,
      ),
    );
    weighed += busiest;
    counted += orders.length;
    return busiest / orders.length;
  });
  return {
    shares: counts.map((count) => count / day.length),
    chiSquare: counts.reduce((sum, count) => sum + (count - even) ** 2 / even, 0),
    maxDeviation: Math.max(...counts.map((count) => Math.abs(count / even - 1))),
    busiestByHalfHour,
    busiestAtOnce: weighed / counted,
  };
}

function countOf(shardOfOrder: readonly number[], shards: number): readonly number[] {
  const counts = Array.from({ length: shards }, () => 0);
  for (const shard of shardOfOrder) counts[shard]! += 1;
  return counts;
}
