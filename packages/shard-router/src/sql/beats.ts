import type { ShardSession } from '../pools/session.ts';

/** How far a shard had come. */
export interface Beat {
  readonly shard: number;
  /** Rises with each recovery of the shard. */
  readonly incarnation: number;
  /** Rises every second while the shard is used. */
  readonly beat: bigint;
}

/** A beat, as a shard keeps it of itself or of another. */
export interface KeptBeat extends Beat {
  /** Milliseconds since it was written, by the clock of the shard that keeps it. */
  readonly ageMs: number;
  /** When it was written, by that clock. UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly at: string;
}

interface BeatRow {
  readonly shard_id: number;
  readonly incarnation: number;
  readonly beat: string;
  readonly age_ms: string;
  readonly beaten_at: string;
}

/** All beats that a shard keeps, its own among them. A table of a few rows, without a lock unless it is asked for. */
export async function readBeats(
  session: ShardSession,
  lock: '' | 'FOR UPDATE' = '',
): Promise<readonly KeptBeat[]> {
  const rows = await session.query<BeatRow>(
    `SELECT shard_id, incarnation, CAST(beat AS CHAR) AS beat, beaten_at,
            CAST(TIMESTAMPDIFF(MICROSECOND, beaten_at, UTC_TIMESTAMP(3)) DIV 1000 AS CHAR) AS age_ms
       FROM shard_beats ${lock}`,
  );
  return rows.map((row) => ({
    shard: row.shard_id,
    incarnation: row.incarnation,
    beat: BigInt(row.beat),
    ageMs: Number(row.age_ms),
    at: row.beaten_at,
  }));
}

/**
 * Returns the query for a shard's own beat, as a text without values; one row by primary key, without a lock. See
 * {@link beatOf}.
 */
export function ownBeatText(shard: number): string {
  return `SELECT incarnation, CAST(beat AS CHAR) AS beat FROM shard_beats WHERE shard_id = ${shard}`;
}

/** The beat in the rows of {@link ownBeatText}. */
export function beatOf(rows: unknown): Omit<Beat, 'shard'> | undefined {
  const [row] = rows as readonly { readonly incarnation: number; readonly beat: string }[];
  return row === undefined ? undefined : { incarnation: row.incarnation, beat: BigInt(row.beat) };
}

/** Makes a shard's first beat, unless it has one. One row by primary key. */
export async function insertFirstBeat(session: ShardSession): Promise<void> {
  await session.execute(
    `INSERT INTO shard_beats (shard_id, incarnation, beat, beaten_at)
     VALUES (?, 1, 1, UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE shard_beats.shard_id = shard_beats.shard_id`,
    [session.shard],
  );
}

/** Raises a shard's own beat by one, unless it is another by now. One row by primary key. @returns whether it did */
export async function raiseBeat(session: ShardSession, { incarnation, beat }: Beat): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE shard_beats SET beat = beat + 1, beaten_at = UTC_TIMESTAMP(3)
      WHERE shard_id = ? AND incarnation = ? AND beat = ?`,
    [session.shard, incarnation, beat],
  );
  return affectedRows === 1;
}

/** Keeps the beat of another shard, unless a later one is kept. One row by primary key. */
export async function keepBeat(session: ShardSession, { shard, incarnation, beat }: Beat): Promise<void> {
  const isLater =
    'VALUES(incarnation) > incarnation OR (VALUES(incarnation) = incarnation AND VALUES(beat) > beat)';
  // Assigned from left to right: what is compared changes last.
  await session.execute(
    `INSERT INTO shard_beats (shard_id, incarnation, beat, beaten_at)
     VALUES (?, ?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE
       beaten_at   = IF(${isLater}, VALUES(beaten_at), beaten_at),
       beat        = IF(${isLater}, VALUES(beat), beat),
       incarnation = GREATEST(VALUES(incarnation), incarnation)`,
    [shard, incarnation, beat],
  );
}

/** Sets a shard's own beat. One row by primary key. */
export async function setBeat(session: ShardSession, { incarnation, beat }: Beat): Promise<void> {
  await session.execute(
    `INSERT INTO shard_beats (shard_id, incarnation, beat, beaten_at)
     VALUES (?, ?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE incarnation = VALUES(incarnation), beat = VALUES(beat), beaten_at = VALUES(beaten_at)`,
    [session.shard, incarnation, beat],
  );
}

/** Forgets the beats of a shard that has left the cluster. One row by primary key. */
export async function forgetBeat(session: ShardSession, shard: number): Promise<void> {
  await session.execute('DELETE FROM shard_beats WHERE shard_id = ?', [shard]);
}
