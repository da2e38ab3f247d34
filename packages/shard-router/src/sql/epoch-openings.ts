import type { ShardSession } from '../pools/session.ts';
import { encodeMapBody, type ShardMap, type StoredMap } from '../topology/map.ts';

/**
 * How far an opening is. `preparing`: undecided. `active`, `aborted`: decided. `closing`: the epochs before it are being
 * given up; `closed`: they are.
 */
export type OpeningState = 'preparing' | 'active' | 'aborted' | 'closing' | 'closed';

/** A row of `epoch_openings`. */
export interface OpeningRow {
  /** The first number of the epoch, decimal text. */
  readonly epoch_from: string;
  readonly state: OpeningState;
  /** 0 or 1. */
  readonly settled: number;
  readonly map_version: number;
  readonly parent_hash: string;
  readonly hash: string;
  readonly body: string;
  /** JSON. */
  readonly shards: string;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly prepare_until: string;
  readonly opened_by: string;
  readonly opened_at: string;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  /** Until when an active one that has not begun is being withdrawn. */
  readonly withdraw_until: string | null;
  /** Whether `prepare_until`, or `withdraw_until` where there is one, is past, by the database's clock. */
  readonly late: number | string;
  /** The database's Unix time in milliseconds, decimal text. */
  readonly now_ms: string;
}

const COLUMNS = `CAST(epoch_from AS CHAR) AS epoch_from, state, settled, map_version, parent_hash, hash, body, shards,
       prepare_until, opened_by, opened_at, decided_at, decided_by, withdraw_until,
       COALESCE(withdraw_until, prepare_until) < UTC_TIMESTAMP(3) AS late,
       CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms`;

/** The map that an opening is about. */
export function storedMapOf({ map_version: version, parent_hash, hash, body }: OpeningRow): StoredMap {
  return { version, parent_hash, hash, body };
}

/**
 * Notes an undecided opening on a shard, unless one with the same beginning is there. One row by primary key.
 *
 * @param withinMs milliseconds from now, by the database's clock, until a process that finds it undecided aborts it
 */
export async function insertOpening(
  session: ShardSession,
  from: bigint,
  map: ShardMap,
  {
    shards,
    by,
    withinMs,
  }: { readonly shards: readonly number[]; readonly by: string; readonly withinMs: number },
): Promise<void> {
  await session.execute(
    `INSERT INTO epoch_openings
       (epoch_from, state, map_version, parent_hash, hash, body, shards, prepare_until, opened_by, opened_at)
     VALUES (?, 'preparing', ?, ?, ?, ?, ?, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE epoch_openings.epoch_from = epoch_openings.epoch_from`,
    [
      from,
      map.version,
      map.parentHash,
      map.hash,
      encodeMapBody(map),
      JSON.stringify(shards),
      withinMs * 1_000,
      by,
    ],
  );
}

/** Notes on a shard an opening that was aborted before the shard heard of it, so that a late preparation does nothing. */
export async function insertAborted(session: ShardSession, row: OpeningRow): Promise<void> {
  await session.execute(
    `INSERT INTO epoch_openings
       (epoch_from, state, settled, map_version, parent_hash, hash, body, shards, prepare_until, opened_by, opened_at)
     VALUES (?, 'aborted', 1, ?, ?, ?, ?, ?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE epoch_openings.epoch_from = epoch_openings.epoch_from`,
    [
      row.epoch_from,
      row.map_version,
      row.parent_hash,
      row.hash,
      row.body,
      row.shards,
      row.prepare_until,
      row.opened_by,
      row.opened_at,
    ],
  );
}

/** Stores an opening as another shard has it, replacing what is known of it here. One row by primary key. */
export async function putOpening(session: ShardSession, row: OpeningRow): Promise<void> {
  const columns = [
    'epoch_from',
    'state',
    'settled',
    'map_version',
    'parent_hash',
    'hash',
    'body',
    'shards',
    'prepare_until',
    'opened_by',
    'opened_at',
    'decided_at',
    'decided_by',
  ] as const;
  await session.execute(
    `INSERT INTO epoch_openings (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON DUPLICATE KEY UPDATE ${columns.map((column) => `${column} = VALUES(${column})`).join(', ')}`,
    columns.map((column) => row[column]),
  );
}

/** Reads an opening by primary key, without a lock. */
export async function readOpening(session: ShardSession, from: bigint): Promise<OpeningRow | undefined> {
  const [row] = await session.query<OpeningRow>(
    `SELECT ${COLUMNS} FROM epoch_openings WHERE epoch_from = ?`,
    [from],
  );
  return row;
}

/** Reads an opening by primary key under a lock of its row, shared or, to decide, exclusive. In a transaction. */
export async function lockOpening(
  session: ShardSession,
  from: bigint,
  mode: 'share' | 'update',
): Promise<OpeningRow | undefined> {
  const [row] = await session.query<OpeningRow>(
    `SELECT ${COLUMNS} FROM epoch_openings WHERE epoch_from = ? ${mode === 'share' ? 'LOCK IN SHARE MODE' : 'FOR UPDATE'}`,
    [from],
  );
  return row;
}

/** The openings of a shard, the newest first; a table of a few rows, without a lock. */
export async function listOpenings(session: ShardSession): Promise<readonly OpeningRow[]> {
  return session.query<OpeningRow>(`SELECT ${COLUMNS} FROM epoch_openings ORDER BY epoch_from DESC`);
}

/**
 * Returns the openings that are not known to be followed by every shard, and those that are being withdrawn, oldest first. A
 * table of a few rows, without a lock.
 */
export async function listUnsettled(session: ShardSession): Promise<readonly OpeningRow[]> {
  return session.query<OpeningRow>(
    `SELECT ${COLUMNS} FROM epoch_openings WHERE settled = 0 OR withdraw_until IS NOT NULL ORDER BY epoch_from`,
  );
}

/**
 * Notes that an active opening is being withdrawn, unless it is already. Returns whether it was noted. One row by primary
 * key.
 *
 * @param withinMs milliseconds from now, by the database's clock, until a process that finds it undecided takes the
 *   withdrawal back
 */
export async function noteWithdrawal(
  session: ShardSession,
  from: bigint,
  withinMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE epoch_openings SET withdraw_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE epoch_from = ? AND state = 'active' AND withdraw_until IS NULL`,
    [withinMs * 1_000, from],
  );
  return affectedRows === 1;
}

/** Ends a withdrawal now, so that it is not decided any more. One row by primary key. */
export async function endWithdrawal(session: ShardSession, from: bigint): Promise<void> {
  await session.execute(
    `UPDATE epoch_openings SET withdraw_until = '1970-01-02' WHERE epoch_from = ? AND withdraw_until IS NOT NULL`,
    [from],
  );
}

/** Forgets a withdrawal that was taken back, or decided. One row by primary key. */
export async function forgetWithdrawal(session: ShardSession, from: bigint): Promise<void> {
  await session.execute('UPDATE epoch_openings SET withdraw_until = NULL WHERE epoch_from = ?', [from]);
}

/** Changes an opening's state from one to another. Returns whether it was in the first. One row by primary key. */
export async function changeOpening(
  session: ShardSession,
  from: bigint,
  change: { readonly expected: OpeningState; readonly state: OpeningState; readonly by: string },
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE epoch_openings SET state = ?, settled = 0, decided_at = UTC_TIMESTAMP(3), decided_by = ?
      WHERE epoch_from = ? AND state = ?`,
    [change.state, change.by, from, change.expected],
  );
  return affectedRows === 1;
}

/** Sets the map that goes with an opening's next state, and the shards that must follow it. One row by primary key. */
export async function changeOpeningMap(
  session: ShardSession,
  from: bigint,
  map: ShardMap,
  shards: readonly number[],
): Promise<void> {
  await session.execute(
    `UPDATE epoch_openings SET map_version = ?, parent_hash = ?, hash = ?, body = ?, shards = ?
      WHERE epoch_from = ?`,
    [map.version, map.parentHash, map.hash, encodeMapBody(map), JSON.stringify(shards), from],
  );
}

/** Notes that every shard has followed an opening's decision. One row by primary key. */
export async function settleOpening(session: ShardSession, from: bigint, state: OpeningState): Promise<void> {
  await session.execute('UPDATE epoch_openings SET settled = 1 WHERE epoch_from = ? AND state = ?', [
    from,
    state,
  ]);
}
