import { initialMap, type ShardingStrategy } from '@ordershard/shard-router';
import { evenness } from './balance.ts';
import {
  BUCKETS,
  directory,
  directoryOf,
  keyHash,
  mapWithEpoch,
  mapWithOneMore,
  quantiles,
  ranges,
  shardIds,
  shardsOf,
} from './contenders.ts';
import type { KeyedOrder } from './keys.ts';

export interface GrowthFigures {
  readonly way: string;
  readonly from: number;
  /** Part of the keys that were there and live on another shard afterwards. */
  readonly moved: number;
  /** How far from even the next day's orders lie then. */
  readonly maxDeviation: number;
}

/** What one more shard costs: keys of `day` that move, and how the orders of `dayAfter` lie then. */
export async function measureGrowth(
  day: readonly KeyedOrder[],
  dayAfter: readonly KeyedOrder[],
  from: number,
): Promise<readonly GrowthFigures[]> {
  const keys = day.map(({ number }) => number);
  const later = dayAfter.map(({ number }) => number);
  const prices = day.map(({ price }) => price);
  const sortedPrices = prices.toSorted((a, b) => Number(a - b));
  const map = initialMap('bench', BUCKETS, shardIds(from));
  const compare = (
    way: string,
    before: ShardingStrategy,
    after: ShardingStrategy,
    byPrice = false,
  ): GrowthFigures => {
    const known = byPrice ? prices : keys;
    const old = shardsOf(before, known);
    const moved = shardsOf(after, known).filter((shard, i) => shard !== old[i]).length / known.length;
    const next = byPrice ? dayAfter.map(({ price }) => price) : later;
    const { maxDeviation } = evenness(dayAfter, shardsOf(after, next), from + 1);
    return { way, from, moved, maxDeviation };
  };
  const numberCuts = quantiles(keys, from);
  const priceCuts = quantiles(sortedPrices, from);
  const halfOfLast = (sorted: readonly bigint[]) => sorted[Math.floor((1 - 1 / (2 * from)) * sorted.length)]!;
  const placed = await directoryOf(from, keys);
  const mapped = new Map(shardsOf(placed, keys).map((shard, i) => [keys[i]!.toString(), shard]));
  const spread = withLater(mapped, later, from + 1);
  const evened = withLater(evenOut(mapped, from), later, from + 1);
  return [
    compare(
      'key-hash, fewest buckets moved',
      keyHash(from, map),
      keyHash(from + 1, mapWithOneMore(map, from)),
    ),
    compare(
      'key-hash, epoch from midnight',
      keyHash(from, map),
      keyHash(from + 1, mapWithEpoch(map, later[0]!, from)),
    ),
    compare('key-hash, all buckets dealt anew', keyHash(from, map), keyHash(from + 1)),
    compare(
      'range of numbers, last one split',
      ranges(numberCuts),
      ranges([...numberCuts, halfOfLast(keys)]),
    ),
    compare('range of numbers, new from midnight', ranges(numberCuts), ranges([...numberCuts, later[0]!])),
    compare(
      'range of prices, last one split',
      ranges(priceCuts),
      ranges([...priceCuts, halfOfLast(sortedPrices)]),
      true,
    ),
    compare('range of prices, cut anew', ranges(priceCuts), ranges(quantiles(sortedPrices, from + 1)), true),
    compare('directory, fewest keys moved', placed, await directory(from + 1, evened)),
    compare('directory, new keys spread', placed, await directory(from + 1, spread)),
  ];
}

/** Moves every (n + 1)th key to the new shard, which takes as much from each of the others. */
function evenOut(mapped: ReadonlyMap<string, number>, from: number): ReadonlyMap<string, number> {
  const seen = shardIds(from).map(() => 0);
  return new Map(
    [...mapped].map(([key, shard]) => {
      seen[shard]! += 1;
      return [key, seen[shard]! % (from + 1) === 0 ? from : shard];
    }),
  );
}

/** The directory after new keys were placed in turn. */
function withLater(
  mapped: ReadonlyMap<string, number>,
  later: readonly bigint[],
  shards: number,
): ReadonlyMap<string, number> {
  const all = new Map(mapped);
  for (const [i, key] of later.entries()) all.set(key.toString(), i % shards);
  return all;
}
