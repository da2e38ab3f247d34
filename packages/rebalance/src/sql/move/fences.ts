import type { ShardSession } from '@ordershard/shard-router';
import type { MoveKind } from '../../move/move-plan.ts';

/** A row of a fence table: a range of a bucket's numbers, a generation of its keys, or a bucket of texts. */
export interface FenceCell {
  /** The first number of the range, the generation, or the bucket of texts, as decimal text. */
  readonly at: string;
  /** The first number that is not in the range; the same again for keys and texts. */
  readonly to: string;
  /** The first number that the fence is for: of keys, the first of the numbers that they are written with. Decimal text. */
  readonly range_from: string;
  readonly state: string;
  readonly generation: number;
  readonly next_owner: number | null;
  readonly writable_from: string;
  readonly readable_from: string;
}

/** A fence of numbers, whose row is its range. One of keys is never made or cut by a move. */
export type NumbersFence = Omit<FenceCell, 'range_from'>;

const COLUMNS = {
  numbers:
    'CAST(range_from AS CHAR) AS at, CAST(range_to AS CHAR) AS `to`, CAST(range_from AS CHAR) AS range_from, state, generation, next_owner, writable_from, readable_from',
  keys: "CAST(key_generation AS CHAR) AS at, CAST(key_generation AS CHAR) AS `to`, CAST(range_from AS CHAR) AS range_from, state, generation, next_owner, '0' AS writable_from, '0' AS readable_from",
  texts:
    "CAST(bucket AS CHAR) AS at, CAST(bucket AS CHAR) AS `to`, '0' AS range_from, state, generation, next_owner, '0' AS writable_from, '0' AS readable_from",
} as const;

/** The table of the fences of each kind, and the column that tells those of a bucket apart. */
export const TABLE = {
  numbers: { name: 'bucket_fences', at: 'range_from' },
  keys: { name: 'key_fences', at: 'key_generation' },
  // One row a bucket: it is its own cell.
  texts: { name: 'text_fences', at: 'bucket' },
} as const;

/** All fences of a bucket, by primary key, without a lock. */
export async function readFences(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
): Promise<readonly FenceCell[]> {
  const { name, at } = TABLE[kind];
  return session.query<FenceCell>(
    `SELECT ${COLUMNS[kind]} FROM ${name} FORCE INDEX (PRIMARY) WHERE bucket = ? ORDER BY ${at}`,
    [bucket],
  );
}

/** Some fences of a bucket, by primary key, under shared locks, which writers share and only a mover waits for. */
export async function shareFences(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
  cells: readonly string[],
): Promise<readonly FenceCell[]> {
  const { name, at } = TABLE[kind];
  return session.query<FenceCell>(
    `SELECT ${COLUMNS[kind]} FROM ${name} FORCE INDEX (PRIMARY)
      WHERE bucket = ? AND ${at} IN (${cells.map(BigInt).join(', ')}) ORDER BY ${at} LOCK IN SHARE MODE`,
    [bucket],
  );
}

/** What a server answers a statement, or a wait for a lock, that was not through within its time. */
const TOO_LATE = new Set([3024, 1969, 1205]);

/** Whether {@link lockFences} gave up. */
export function isTooLate(error: unknown): boolean {
  return TOO_LATE.has((error as { readonly errno?: number }).errno ?? 0);
}

/**
 * Some fences of a bucket, by primary key, under exclusive locks. Waits for the transactions that hold them, `waitMs` at
 * the most, see {@link isTooLate}; as long as it waits, writes of the bucket find the fence locked.
 */
export async function lockFences(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
  cells: readonly string[],
  waitMs: number,
): Promise<readonly FenceCell[]> {
  const { name, at } = TABLE[kind];
  return session.query<FenceCell>(
    `SELECT /*+ MAX_EXECUTION_TIME(${Math.ceil(waitMs)}) */ ${COLUMNS[kind]} FROM ${name} FORCE INDEX (PRIMARY)
      WHERE bucket = ? AND ${at} IN (${cells.map(BigInt).join(', ')}) ORDER BY ${at} FOR UPDATE`,
    [bucket],
  );
}

/** Sets the state of one fence that is locked, and what stands beside it. One row by primary key. */
export async function setFence(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
  cell: string,
  state: string,
  nextOwner: number | null,
): Promise<void> {
  const { name, at } = TABLE[kind];
  await session.execute(
    `UPDATE ${name} SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ? AND ${at} = ?`,
    [state, nextOwner, bucket, BigInt(cell)],
  );
}

/** Sets the lower ends of a range that is locked. One row by primary key. */
export async function setLowerEnds(
  session: ShardSession,
  bucket: number,
  { at, writable_from, readable_from }: Pick<FenceCell, 'at' | 'writable_from' | 'readable_from'>,
): Promise<void> {
  await session.execute(
    'UPDATE bucket_fences SET writable_from = ?, readable_from = ? WHERE bucket = ? AND range_from = ?',
    [BigInt(writable_from), BigInt(readable_from), bucket, BigInt(at)],
  );
}

/** All fences of a bucket under exclusive locks, as {@link lockFences} takes them. */
export async function lockAllFences(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
  waitMs: number,
): Promise<readonly FenceCell[]> {
  const { name, at } = TABLE[kind];
  return session.query<FenceCell>(
    `SELECT /*+ MAX_EXECUTION_TIME(${Math.ceil(waitMs)}) */ ${COLUMNS[kind]} FROM ${name} FORCE INDEX (PRIMARY)
      WHERE bucket = ? ORDER BY ${at} FOR UPDATE`,
    [bucket],
  );
}

/** Takes a fence of numbers that is locked away, for others in its place. One row by primary key. */
export async function deleteNumbersFence(session: ShardSession, bucket: number, from: string): Promise<void> {
  await session.execute('DELETE FROM bucket_fences WHERE bucket = ? AND range_from = ?', [
    bucket,
    BigInt(from),
  ]);
}

/** Makes a fence of numbers. Locks the new row only. */
export async function insertNumbersFence(
  session: ShardSession,
  bucket: number,
  { at, to, state, generation, next_owner, writable_from, readable_from }: NumbersFence,
): Promise<void> {
  await session.execute(
    `INSERT INTO bucket_fences (bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      bucket,
      BigInt(at),
      BigInt(to),
      state,
      generation,
      next_owner,
      BigInt(writable_from),
      BigInt(readable_from),
    ],
  );
}

/** All fences of a shard, without a lock: a scan of a small table. */
export async function readAllFences(
  session: ShardSession,
  kind: MoveKind,
): Promise<readonly (FenceCell & { readonly bucket: number })[]> {
  const { name } = TABLE[kind];
  return session.query<FenceCell & { readonly bucket: number }>(
    `SELECT bucket, ${COLUMNS[kind]} FROM ${name}`,
  );
}
