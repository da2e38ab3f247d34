import type { OwnedRangeRow } from './sql/select-fences.ts';

/** The last number that there can be. */
export const LAST_NUMBER = 2n ** 63n - 1n;

interface Range {
  readonly from: bigint;
  /** The last number in it. */
  readonly to: bigint;
  readonly readableFrom: bigint;
}

/**
 * Returns the rows that are in both lists: what a shard owned from before it was read until after. A bucket that arrived in
 * between may have lacked some of its rows when they were read, and one that left may have changed on its new shard.
 */
export function ownedThroughout(
  before: readonly OwnedRangeRow[],
  after: readonly OwnedRangeRow[],
): OwnedRangeRow[] {
  const nameOf = ({ bucket, range_from: from, range_to: to }: OwnedRangeRow) => `${bucket} ${from} ${to}`;
  const known = new Set(before.map(nameOf));
  return after.filter((row) => known.has(nameOf(row)));
}

/** Which numbers of which buckets are owned, by one shard or by several. */
export class OwnedRanges {
  readonly #ranges = new Map<number, Range[]>();

  constructor(rows: readonly OwnedRangeRow[]) {
    for (const row of rows) {
      const to = BigInt(row.range_to);
      const range = {
        from: BigInt(row.range_from),
        // A range that ends at the last number that fits the column includes that number.
        to: to === LAST_NUMBER ? to : to - 1n,
        readableFrom: BigInt(row.readable_from),
      };
      const known = this.#ranges.get(row.bucket);
      if (known === undefined) this.#ranges.set(row.bucket, [range]);
      else known.push(range);
    }
  }

  /**
   * Returns from which number on the orders of a bucket are kept in the range that holds `number`; undefined if it is not
   * owned.
   */
  readableFrom(bucket: number, number: bigint): bigint | undefined {
    return this.#ranges.get(bucket)?.find(({ from, to }) => from <= number && number <= to)?.readableFrom;
  }

  /** Whether every number above `after` up to `upTo` of every bucket is owned. */
  cover(bucketCount: number, after: bigint, upTo: bigint): boolean {
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      let next = after + 1n;
      const ranges = (this.#ranges.get(bucket) ?? []).toSorted((a, b) => Number(a.from > b.from) || -1);
      for (const { from, to } of ranges) {
        if (from > next) break;
        if (to >= next) next = to + 1n;
      }
      if (next <= upTo) return false;
    }
    return true;
  }
}
