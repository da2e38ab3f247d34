import { InvalidKeyError, TopologyError } from '../errors.ts';
import { keyText, type ShardKey } from './bucket.ts';
import { checkKnownShard, checkStrategyShards, type Growth, type ShardingStrategy } from './strategy.ts';
import { compareCodePoints } from './text-order.ts';

/** Keys from `from` up to, but not with, `to` live on `shard`. Null stands for no end on that side. */
export interface KeyRange<Bound extends ShardKey = ShardKey> {
  readonly from: Bound | null;
  readonly to: Bound | null;
  readonly shard: number;
}

/** What the bounds of a strategy are, and so its keys. */
type BoundKind = 'bigint' | 'string';

/**
 * Maps each key to the shard of its range. The ranges cover every key, and none twice. With bounds that are bigints, keys are
 * numbers: a bigint or its decimal text. With bounds that are texts, keys are texts, in the order of utf8mb4_bin (code
 * points).
 */
export class RangeStrategy implements ShardingStrategy {
  readonly name = 'range';
  readonly shards: readonly number[];
  readonly growth: Growth = {
    unit: 'range',
    withoutCopying: true,
    description:
      'A range is split and one part moves; or a range is opened above the highest key, and nothing moves but all new keys meet on one shard.',
  };
  readonly #kind: BoundKind;
  /** Lower bounds of all ranges but the first, rising. */
  readonly #bounds: readonly ShardKey[];
  /** Shards of the ranges, one more than bounds. */
  readonly #owners: readonly number[];

  /**
   * @throws TopologyError when ranges overlap, leave keys out, or mix numbers and texts
   * @throws UnknownShardError when a range names a shard that is none of `shards`
   */
  constructor(shards: readonly number[], ranges: readonly KeyRange[]) {
    const known = checkStrategyShards(shards);
    if (ranges.length === 0) throw new TopologyError('a range strategy needs a range');
    this.#kind = kindOf(ranges);
    const sorted = ranges.toSorted((a, b) => compareLower(a.from, b.from));
    for (const range of sorted) {
      checkKnownShard(known, range.shard, describe(range));
      if (range.from !== null && range.to !== null && compareBounds(range.from, range.to) >= 0) {
        throw new TopologyError(`${describe(range)} holds no key`);
      }
    }
    checkCover(sorted);
    this.shards = [...shards];
    this.#bounds = sorted.slice(1).map((range) => range.from!);
    this.#owners = sorted.map((range) => range.shard);
  }

  shardOf(key: ShardKey): number {
    const wanted = this.#kind === 'bigint' ? numberOf(key) : textOf(key);
    // The number of bounds at or below the key is the place of its range.
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBounds(this.#bounds[middle]!, wanted) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low]!;
  }
}

function kindOf(ranges: readonly KeyRange[]): BoundKind {
  const kinds = new Set<string>();
  for (const bound of ranges.flatMap(({ from, to }) => [from, to]))
    if (bound !== null) kinds.add(typeof bound);
  if (kinds.size > 1) throw new TopologyError('the bounds of ranges are bigints or texts, not both');
  const [kind = 'bigint'] = kinds;
  if (kind !== 'bigint' && kind !== 'string') {
    throw new TopologyError(`the bounds of ranges are bigints or texts, not ${kind}`);
  }
  return kind;
}

function checkCover(sorted: readonly KeyRange[]): void {
  if (sorted[0]!.from !== null)
    throw new TopologyError(`no range holds the keys below ${describe(sorted[0]!)}`);
  sorted.reduce((before, range) => {
    const gap = compareUpperLower(before.to, range.from);
    if (gap > 0) throw new TopologyError(`${describe(before)} and ${describe(range)} overlap`);
    if (gap < 0)
      throw new TopologyError(`no range holds the keys between ${describe(before)} and ${describe(range)}`);
    return range;
  });
  const last = sorted.at(-1)!;
  if (last.to !== null) throw new TopologyError(`no range holds the keys above ${describe(last)}`);
}

/** Both are of one kind: the constructor and the checks of keys see to it. */
function compareBounds(a: ShardKey, b: ShardKey): number {
  if (typeof a === 'string') return compareCodePoints(a, b as string);
  if (a === b) return 0;
  return a < (b as bigint) ? -1 : 1;
}

function compareLower(a: ShardKey | null, b: ShardKey | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compareBounds(a, b);
}

/** Above 0 when a range that ends at `to` reaches into one that begins at `from`, below 0 when it stops short of it. */
function compareUpperLower(to: ShardKey | null, from: ShardKey | null): number {
  return to === null || from === null ? 1 : compareBounds(to, from);
}

function describe({ from, to, shard }: KeyRange): string {
  return `the range [${from ?? '…'}, ${to ?? '…'}) of shard ${shard}`;
}

function numberOf(key: ShardKey): bigint {
  if (typeof key === 'bigint') return key;
  if (!/^(?:0|-?[1-9][0-9]{0,39})$/.test(keyText(key))) {
    throw new InvalidKeyError('a key of ranges of numbers is a bigint or its decimal text');
  }
  return BigInt(key);
}

function textOf(key: ShardKey): string {
  if (typeof key === 'bigint') throw new InvalidKeyError('a key of ranges of texts is a text, not a bigint');
  return keyText(key);
}
