import { crc32 } from 'node:zlib';
import type { Cover } from './page.ts';

/** How many numbers the fences of one bucket hold on all shards together: [0, 2^63 - 1). */
const NUMBERS = 2n ** 63n - 1n;

/**
 * The weight of a bucket in {@link Cover.weighed}. With it, a bucket that is read twice cannot make up for one that is not
 * read.
 */
export function bucketWeight(bucket: number): bigint {
  return BigInt(crc32(String(bucket)));
}

const weights = new Map<number, bigint>();

function weightOfAll(buckets: number): bigint {
  let sum = weights.get(buckets);
  if (sum === undefined) {
    sum = 0n;
    for (let bucket = 0; bucket < buckets; bucket += 1) sum += bucketWeight(bucket);
    weights.set(buckets, sum);
  }
  return sum;
}

/**
 * Whether the pages of all shards hold every bucket's numbers exactly once. While a bucket moves, two shards that are read
 * one after the other can both lack it, or both have it.
 */
export function coversAll(covers: readonly Cover[]): boolean {
  let [buckets, readable, weighed] = [0, 0n, 0n];
  for (const cover of covers) {
    buckets = Math.max(buckets, cover.buckets);
    readable += cover.readable;
    weighed += cover.weighed;
  }
  return readable === BigInt(buckets) * NUMBERS && weighed === weightOfAll(buckets) * NUMBERS;
}
