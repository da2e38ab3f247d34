import type { FenceState, ShardSession } from '@ordershard/shard-router';
import type { FenceRange } from '../../retention/split-fence.ts';

interface FenceRow {
  readonly bucket: number;
  readonly range_from: string;
  readonly range_to: string;
  readonly state: FenceState;
  readonly generation: number;
  readonly next_owner: number | null;
  readonly writable_from: string;
  readonly readable_from: string;
}

const COLUMNS = 'bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from';

function rangeOf(row: FenceRow): FenceRange {
  return {
    bucket: row.bucket,
    from: BigInt(row.range_from),
    to: BigInt(row.range_to),
    state: row.state,
    generation: row.generation,
    nextOwner: row.next_owner,
    writableFrom: BigInt(row.writable_from),
    readableFrom: BigInt(row.readable_from),
  };
}

/** Reads all fences of a shard, in order, without a lock. */
export async function readFences(session: ShardSession): Promise<FenceRange[]> {
  const rows = await session.query<FenceRow>(
    `SELECT ${COLUMNS} FROM bucket_fences ORDER BY bucket, range_from`,
  );
  return rows.map(rangeOf);
}

/** Reads the fence that covers a number, by primary key, without a lock. */
export async function readFenceOf(
  session: ShardSession,
  bucket: number,
  number: bigint,
): Promise<FenceRange | undefined> {
  const [row] = await session.query<FenceRow>(
    `SELECT ${COLUMNS} FROM bucket_fences FORCE INDEX (PRIMARY)
      WHERE bucket = ? AND range_from <= ? AND range_to > ?`,
    [bucket, number, number],
  );
  return row === undefined ? undefined : rangeOf(row);
}

/** Reads the fences of a bucket, in order, and locks them exclusively, by primary key. Waits for writes under way. */
export async function lockFencesOf(session: ShardSession, bucket: number): Promise<FenceRange[]> {
  const rows = await session.query<FenceRow>(
    `SELECT ${COLUMNS} FROM bucket_fences FORCE INDEX (PRIMARY) WHERE bucket = ? ORDER BY range_from FOR UPDATE`,
    [bucket],
  );
  return rows.map(rangeOf);
}

/** Changes a fence, by primary key. Locks it. */
export async function updateFence(session: ShardSession, range: FenceRange): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences SET range_to = ?, state = ?, generation = ?, next_owner = ?, writable_from = ?, readable_from = ?
      WHERE bucket = ? AND range_from = ?`,
    [
      range.to,
      range.state,
      range.generation,
      range.nextOwner,
      range.writableFrom,
      range.readableFrom,
      range.bucket,
      range.from,
    ],
  );
}

/** Makes a fence. Locks the new row only. */
export async function insertFence(session: ShardSession, range: FenceRange): Promise<void> {
  await session.execute(`INSERT INTO bucket_fences (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, [
    range.bucket,
    range.from,
    range.to,
    range.state,
    range.generation,
    range.nextOwner,
    range.writableFrom,
    range.readableFrom,
  ]);
}

/** Takes a fence away, by primary key. Locks it. */
export async function deleteFence(session: ShardSession, bucket: number, from: bigint): Promise<void> {
  await session.execute('DELETE FROM bucket_fences WHERE bucket = ? AND range_from = ?', [bucket, from]);
}

/** What becomes impossible below a number: writing, or reading too. */
export type LowerEnd = 'writable_from' | 'readable_from';

/**
 * Raises a lower end of the fences of some buckets, but for those of numbers that are carried over. Exclusive locks on
 * their rows for one statement; it waits for the writes that are under way.
 */
export async function raiseFences(
  session: ShardSession,
  end: LowerEnd,
  lowest: bigint,
  firstBucket: number,
  lastBucket: number,
): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences FORCE INDEX (PRIMARY) SET ${end} = ?
      WHERE bucket BETWEEN ? AND ? AND range_from < ? AND ${end} < ? AND state <> 'carried'
      ORDER BY bucket, range_from`,
    [lowest, firstBucket, lastBucket, lowest, lowest],
  );
}
