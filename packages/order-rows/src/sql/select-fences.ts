import type { ShardSession } from '@ordershard/shard-router';

/** A range of numbers of a bucket that a shard may read and write. Numbers are decimal text. */
export interface OwnedRangeRow {
  readonly bucket: number;
  readonly range_from: string;
  /** The first number that is not in it. */
  readonly range_to: string;
  /** Numbers below are past their retention. */
  readonly readable_from: string;
}

const OWNED = `SELECT bucket, range_from, range_to, readable_from FROM bucket_fences
                WHERE state IN ('owned', 'capturing', 'carried')`;

/** Reads which ranges of buckets a shard owns that reach into numbers above `after` up to `upTo`. All fences, no lock. */
export async function readOwnedRanges(
  session: ShardSession,
  after: bigint,
  upTo: bigint,
): Promise<OwnedRangeRow[]> {
  return session.query<OwnedRangeRow>(`${OWNED} AND range_from <= ? AND range_to - 1 > ?`, [upTo, after]);
}

/** Reads which ranges of the given buckets a shard owns, by primary key, without a lock. */
export async function readOwnedRangesOf(
  session: ShardSession,
  buckets: readonly number[],
): Promise<OwnedRangeRow[]> {
  return session.query<OwnedRangeRow>(
    `${OWNED} AND bucket IN (${buckets.map(() => '?').join(', ')})`,
    buckets,
  );
}
