import { murmur3 } from './murmur.ts';

/** A range of a bucket's numbers that a shard owns: from, inclusive, to, exclusive. */
export interface OwnedRange {
  readonly bucket: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** Tells which shard owns which number, according to the shards' fences; it computes the bucket itself. */
export class Ownership {
  readonly #buckets: number;
  readonly #ranges: readonly { readonly shard: number; readonly from: bigint; readonly to: bigint }[][];

  /** @param owned the ranges of each shard */
  constructor(buckets: number, owned: readonly (readonly OwnedRange[])[]) {
    this.#buckets = buckets;
    const ranges: { shard: number; from: bigint; to: bigint }[][] = Array.from({ length: buckets }, () => []);
    for (const [shard, own] of owned.entries()) {
      for (const { bucket, from, to } of own) ranges[bucket]?.push({ shard, from, to });
    }
    this.#ranges = ranges;
  }

  /** The one shard that owns a number; undefined when none does, or several do. */
  shardOf(number: string): number | undefined {
    const ranges = this.#ranges[murmur3(number) % this.#buckets] ?? [];
    if (ranges.length === 0) return undefined;
    const value = BigInt(number);
    const owners = ranges.filter(({ from, to }) => value >= from && value < to);
    return owners.length === 1 ? owners[0]!.shard : undefined;
  }
}
