import type { FenceState } from '../fence/fence.ts';
import type { ShardSession } from '../pools/session.ts';
import { WANTED } from './epoch-fences.ts';

/** A fence of numbers below the epoch that takes them over. */
export interface EmptyFence {
  readonly bucket: number;
  /** Decimal text. */
  readonly range_from: string;
  readonly range_to: string;
  readonly state: FenceState;
}

/**
 * Locks the fences that hold the number `from`, of the buckets from `first` to `last`, and returns the buckets. It skips
 * fences that others have locked. Exclusive locks on rows of the primary key.
 */
export async function lockFencesAt(
  session: ShardSession,
  [first, last]: readonly [number, number],
  from: bigint,
): Promise<readonly number[]> {
  const rows = await session.query<{ bucket: number }>(
    `SELECT bucket FROM bucket_fences FORCE INDEX (PRIMARY)
      WHERE bucket BETWEEN ? AND ? AND range_from <= ? AND range_to > ? FOR UPDATE SKIP LOCKED`,
    [first, last, from, from],
  );
  return rows.map(({ bucket }) => bucket);
}

/** Reads the fences of some buckets that end at `from` or before, without locks: nothing changes there any more. */
export async function fencesBelow(
  session: ShardSession,
  buckets: readonly number[],
  from: bigint,
): Promise<readonly EmptyFence[]> {
  return session.query<EmptyFence>(
    `SELECT f.bucket, f.range_from, f.range_to, f.state
       FROM ${WANTED} STRAIGHT_JOIN bucket_fences AS f FORCE INDEX (PRIMARY)
         ON f.bucket = wanted.bucket AND f.range_to <= ?
      ORDER BY f.bucket, f.range_from`,
    [JSON.stringify(buckets), from],
  );
}

/** Takes fences away. Exclusive locks on their rows, by primary key. */
export async function deleteFences(session: ShardSession, fences: readonly EmptyFence[]): Promise<void> {
  await session.execute(
    `DELETE f FROM JSON_TABLE(?, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$[0]', range_from BIGINT PATH '$[1]')) AS wanted
       STRAIGHT_JOIN bucket_fences AS f FORCE INDEX (PRIMARY)
         ON f.bucket = wanted.bucket AND f.range_from = wanted.range_from`,
    [`[${fences.map(({ bucket, range_from: from }) => `[${bucket},${from}]`).join(',')}]`],
  );
}

/**
 * Makes the fence of a bucket that begins at `from` begin lower. Numbers below `from` still cannot be read or written. One
 * row.
 */
export async function extendFence(
  session: ShardSession,
  bucket: number,
  from: bigint,
  lower: string,
): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences
        SET range_from = ?, writable_from = GREATEST(writable_from, ?), readable_from = GREATEST(readable_from, ?)
      WHERE bucket = ? AND range_from = ?`,
    [lower, from, from, bucket, from],
  );
}

/** Sets the owner of a fence below `from` to that of the fence that holds `from`. One row by primary key. */
export async function takeOver(session: ShardSession, fence: EmptyFence, from: bigint): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences AS f
       JOIN (SELECT state, next_owner FROM bucket_fences
              WHERE bucket = ? AND range_from <= ? AND range_to > ?) AS later
        SET f.state = later.state, f.next_owner = later.next_owner, f.generation = f.generation + 1
      WHERE f.bucket = ? AND f.range_from = ?`,
    [fence.bucket, from, from, fence.bucket, fence.range_from],
  );
}

/**
 * Counts the fences below `from` that let some number there be read: an upper limit. Without locks. It leaves out the fence
 * of a carried-over number that names the shard which owns the bucket from `from` on: without that fence, reads are led to
 * the same shard.
 *
 * @param owners of the buckets, from `from` on
 */
export async function countReadableBelow(
  session: ShardSession,
  from: bigint,
  owners: readonly number[],
): Promise<number> {
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS SIGNED) AS count FROM bucket_fences
      WHERE range_from < ? AND state <> 'carried' AND readable_from < LEAST(range_to, ?)
        AND NOT (state = 'moved' AND range_to = range_from + 1
                 AND next_owner = JSON_EXTRACT(?, CONCAT('$[', bucket, ']')))`,
    [from, from, JSON.stringify(owners)],
  );
  return Number(row!.count);
}

/** Forgets the generations of keys from before `from`, of some buckets. Exclusive locks on rows of the primary key. */
export async function foldKeyFences(
  session: ShardSession,
  [first, last]: readonly [number, number],
  from: bigint,
): Promise<void> {
  await session.execute(
    'DELETE f FROM key_fences AS f FORCE INDEX (PRIMARY) WHERE f.bucket BETWEEN ? AND ? AND f.range_to <= ?',
    [first, last, from],
  );
  await session.execute(
    'UPDATE key_fences FORCE INDEX (PRIMARY) SET range_from = 0 WHERE bucket BETWEEN ? AND ? AND range_from = ?',
    [first, last, from],
  );
}
