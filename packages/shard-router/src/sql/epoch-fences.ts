import type { FenceState } from '../fence/fence.ts';
import type { ShardSession } from '../pools/session.ts';
import { NUMBERS_END } from '../topology/map.ts';

/**
 * The buckets of a JSON list, to be joined: each row is then found by primary key. A list with IN may become a scan of the
 * table, which waits for the locks of other buckets.
 */
export const WANTED = `JSON_TABLE(?, '$[*]' COLUMNS (bucket SMALLINT UNSIGNED PATH '$')) AS wanted`;

/** Which of the two tables of fences. */
export type FenceTable = 'bucket_fences' | 'key_fences';

/** A fence whose range is to be cut. */
export interface LastFence {
  readonly bucket: number;
  readonly state: FenceState;
  readonly generation: number;
  readonly next_owner: number | null;
  /** Decimal text; 0 of keys. */
  readonly readable_from: string;
}

/** Where the fence ends that is to be changed: at the end of all numbers, or at the cut of an epoch. */
type End = bigint;

/**
 * Locks and reads fences that begin below `below` and end at `to`, at most `limit`. It skips fences that others have locked.
 * Exclusive row locks. Walks the primary key of the table, which has a few rows for each bucket.
 */
export async function lockFences(
  session: ShardSession,
  table: FenceTable,
  { below, to, limit }: { readonly below: bigint; readonly to: End; readonly limit: number },
): Promise<readonly LastFence[]> {
  const readable = table === 'bucket_fences' ? 'readable_from' : '0 AS readable_from';
  return session.query<LastFence>(
    `SELECT bucket, state, generation, next_owner, ${readable} FROM ${table} FORCE INDEX (PRIMARY)
      WHERE range_from < ? AND range_to = ? LIMIT ? FOR UPDATE SKIP LOCKED`,
    [below, to, limit],
  );
}

/** Counts the fences that begin below `below` and end at `to`, without locks. */
export async function countFences(
  session: ShardSession,
  table: FenceTable,
  { below, to }: { readonly below: bigint; readonly to: End },
): Promise<number> {
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS SIGNED) AS count FROM ${table} WHERE range_from < ? AND range_to = ?`,
    [below, to],
  );
  return Number(row!.count);
}

/** Moves the end of the fences of some buckets; their rows are locked. */
export async function moveEnd(
  session: ShardSession,
  table: FenceTable,
  buckets: readonly number[],
  { from, to }: { readonly from: End; readonly to: End },
): Promise<void> {
  await session.execute(
    `UPDATE ${WANTED} STRAIGHT_JOIN ${table} AS f FORCE INDEX (PRIMARY) ON f.bucket = wanted.bucket AND f.range_to = ?
        SET f.range_to = ?`,
    [JSON.stringify(buckets), from, to],
  );
}

/** A new fence of numbers, from a cut to the end of all numbers. */
export interface CutFence extends Omit<LastFence, 'readable_from'> {
  readonly readableFrom: bigint;
  readonly writableFrom: bigint;
}

/** Makes fences of numbers above a cut; no reader looks at them while the fences below are locked. */
export async function insertCutFences(
  session: ShardSession,
  from: bigint,
  fences: readonly CutFence[],
): Promise<void> {
  await session.execute(
    `INSERT INTO bucket_fences
       (bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from)
     VALUES ${fences.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    fences.flatMap(({ bucket, state, generation, next_owner: next, writableFrom, readableFrom }) => [
      bucket,
      from,
      NUMBERS_END,
      state,
      generation,
      next,
      writableFrom,
      readableFrom,
    ]),
  );
}

/** Makes the fences of the generation of keys that begins at a cut. */
export async function insertCutKeyFences(
  session: ShardSession,
  from: bigint,
  keyGeneration: number,
  fences: readonly Pick<LastFence, 'bucket' | 'state' | 'next_owner'>[],
): Promise<void> {
  await session.execute(
    `INSERT INTO key_fences (bucket, key_generation, range_from, range_to, state, generation, next_owner)
     VALUES ${fences.map(() => '(?, ?, ?, ?, ?, 1, ?)').join(', ')}`,
    fences.flatMap(({ bucket, state, next_owner: next }) => [
      bucket,
      keyGeneration,
      from,
      NUMBERS_END,
      state,
      next,
    ]),
  );
}

/** Takes the fences of some buckets above a cut away. Exclusive locks on their rows. */
export async function deleteCutFences(
  session: ShardSession,
  table: FenceTable,
  from: bigint,
  buckets: readonly number[],
): Promise<void> {
  await session.execute(
    `DELETE f FROM ${WANTED} STRAIGHT_JOIN ${table} AS f FORCE INDEX (PRIMARY)
         ON f.bucket = wanted.bucket AND f.range_from = ?`,
    [JSON.stringify(buckets), from],
  );
}

/** Gives the numbers of some buckets above a cut to their owner. Exclusive locks on their rows, by primary key. */
export async function giveCutFences(
  session: ShardSession,
  from: bigint,
  owner: number,
  buckets: readonly number[],
): Promise<void> {
  const own = owner === session.shard;
  await session.execute(
    `UPDATE ${WANTED} STRAIGHT_JOIN bucket_fences AS f FORCE INDEX (PRIMARY)
         ON f.bucket = wanted.bucket AND f.range_from = ?
        SET f.state = ?, f.next_owner = ?, f.generation = f.generation + 1, f.writable_from = f.readable_from`,
    [JSON.stringify(buckets), from, own ? 'owned' : 'moved', own ? null : owner],
  );
}

/** Opens the generation of keys that begins at a cut where this shard owns it. Exclusive locks on its rows. */
export async function openCutKeyFences(session: ShardSession, from: bigint): Promise<void> {
  await session.execute(
    `UPDATE key_fences SET state = 'owned', generation = generation + 1 WHERE range_from = ? AND state = 'frozen'`,
    [from],
  );
}

/** Shuts the fences of an epoch for writes where this shard owns them, numbers and keys: all rows above a cut. */
export async function shutAbove(session: ShardSession, from: bigint): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences SET writable_from = ?, generation = generation + 1 WHERE range_from = ? AND state = 'owned'`,
    [NUMBERS_END, from],
  );
  await session.execute(
    `UPDATE key_fences SET state = 'frozen', generation = generation + 1 WHERE range_from = ? AND state = 'owned'`,
    [from],
  );
}

/** Opens again what {@link shutAbove} has shut. */
export async function openShut(session: ShardSession, from: bigint): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences SET writable_from = readable_from, generation = generation + 1
      WHERE range_from = ? AND state = 'owned' AND writable_from = ?`,
    [from, NUMBERS_END],
  );
  await openCutKeyFences(session, from);
}

/** Counts the fences above a cut that are neither owned nor another shard's: a move holds them. */
export async function countMovingAbove(session: ShardSession, from: bigint): Promise<number> {
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST((SELECT COUNT(*) FROM bucket_fences WHERE range_from = ? AND state NOT IN ('owned', 'moved'))
               + (SELECT COUNT(*) FROM key_fences WHERE range_from = ? AND state NOT IN ('owned', 'moved', 'frozen'))
            AS SIGNED) AS count`,
    [from, from],
  );
  return Number(row!.count);
}

/** Whether a table has a row of a number from `from` on: a look at the end of its primary key. */
export async function hasNumbersFrom(session: ShardSession, table: string, from: bigint): Promise<boolean> {
  const rows = await session.query(`SELECT 1 AS found FROM \`${table}\` WHERE number >= ? LIMIT 1`, [from]);
  return rows.length > 0;
}

/**
 * Seals the keys of a bucket from before `until`, once the numbers there are past by this database's clock: nothing is
 * written under them any more. Waits for the writes that are under way. Returns the fence as it is then.
 */
export async function sealKeys(
  session: ShardSession,
  bucket: number,
  until: bigint,
  owner: number,
): Promise<
  { readonly state: FenceState; readonly next_owner: number | null; readonly now_ms: string } | undefined
> {
  await session.execute(
    `UPDATE key_fences SET state = 'sealed', next_owner = ?, generation = generation + 1
      WHERE bucket = ? AND range_to = ? AND state = 'owned'
        AND GREATEST(CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) - 1735689600000, 0) << 22 >= ?`,
    [owner, bucket, until, until],
  );
  const [fence] = await session.query<{ state: FenceState; next_owner: number | null; now_ms: string }>(
    `SELECT state, next_owner, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
       FROM key_fences WHERE bucket = ? AND range_to = ?`,
    [bucket, until],
  );
  return fence;
}
