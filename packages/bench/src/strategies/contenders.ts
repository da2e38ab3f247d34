import {
  DirectoryStrategy,
  initialMap,
  KeyHashStrategy,
  type KeyRange,
  MemoryDirectoryStore,
  nextMap,
  RangeStrategy,
  type ShardingStrategy,
  type ShardMap,
} from '@ordershard/shard-router';

export const BUCKETS = 1024;

export function shardIds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, shard) => shard);
}

export function keyHash(
  shards: number,
  map: ShardMap = initialMap('bench', BUCKETS, shardIds(shards)),
): KeyHashStrategy {
  return new KeyHashStrategy(shardIds(shards), map);
}

/** The map with one shard more, for which each of the others gives up as few buckets as make all even. */
export function mapWithOneMore(map: ShardMap, shards: number): ShardMap {
  const owners = [...map.epochs[0]!.owners];
  const left = new Map(
    shardIds(shards).map((shard) => [shard, owners.filter((owner) => owner === shard).length]),
  );
  for (let given = 0; given < Math.floor(BUCKETS / (shards + 1)); given += 1) {
    const [fullest] = [...left].toSorted(([, a], [, b]) => b - a)[0]!;
    owners[owners.lastIndexOf(fullest)] = shards;
    left.set(fullest, left.get(fullest)! - 1);
  }
  return nextMap({ ...map, epochs: [{ from: '0', owners }], keyOwners: owners }, map);
}

/** The map with an epoch from a number on, in which one shard more takes part. */
export function mapWithEpoch(map: ShardMap, from: bigint, shards: number): ShardMap {
  const { owners } = mapWithOneMore(map, shards).epochs[0]!;
  return nextMap({ ...map, epochs: [...map.epochs, { from: from.toString(), owners }] }, map);
}

/** Ranges between rising bounds, for one shard each. */
export function ranges(bounds: readonly bigint[]): RangeStrategy {
  const all: KeyRange<bigint>[] = [];
  for (let shard = 0; shard <= bounds.length; shard += 1) {
    all.push({ from: bounds[shard - 1] ?? null, to: bounds[shard] ?? null, shard });
  }
  return new RangeStrategy(shardIds(all.length), all);
}

/** Bounds that cut keys that were seen, rising, into parts of equal size; fewer where many keys are equal. */
export function quantiles(sorted: readonly bigint[], parts: number): readonly bigint[] {
  const cuts = Array.from(
    { length: parts - 1 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / parts)]!,
  );
  return [...new Set(cuts)];
}

/** Bounds that cut the span from `low` to `high` into parts of equal width. */
export function widths(low: bigint, high: bigint, parts: number): readonly bigint[] {
  return Array.from({ length: parts - 1 }, (_, i) => low + ((high - low) * BigInt(i + 1)) / BigInt(parts));
}

/** A directory that has placed keys, as they came, on the shard that had the fewest orders then. */
export async function directoryOf(shards: number, keys: readonly bigint[]): Promise<DirectoryStrategy> {
  const orders = shardIds(shards).map(() => 0);
  const placed = new Map<string, number>();
  for (const key of keys) {
    const text = key.toString();
    const shard = placed.get(text) ?? orders.indexOf(Math.min(...orders));
    placed.set(text, shard);
    orders[shard]! += 1;
  }
  return directory(shards, placed);
}

export function directory(
  shards: number,
  placed: ReadonlyMap<string, number>,
  cacheSize = 1_000_000,
): Promise<DirectoryStrategy> {
  return DirectoryStrategy.open({
    shards: shardIds(shards),
    store: new MemoryDirectoryStore(placed),
    cacheSize,
  });
}

/** The shards of keys that a strategy decides at once. */
export function shardsOf(strategy: ShardingStrategy, keys: readonly bigint[]): readonly number[] {
  return keys.map((key) => {
    const shard = strategy.shardOf(key);
    if (typeof shard !== 'number')
      throw new TypeError(`${strategy.name}: the shard of a key is not known at once`);
    return shard;
  });
}
