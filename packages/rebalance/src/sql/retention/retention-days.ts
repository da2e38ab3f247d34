import type { ShardSession } from '@ordershard/shard-router';

/**
 * How far a day has gone: its numbers are being closed, are archived, lie in tables of their own, are proved to be in the
 * archive and go, or are gone.
 */
export type DayStep = 'closing' | 'archived' | 'detached' | 'dropping' | 'dropped';

/** Steps at which a day is half gone: its rows are in the archive, and on the shard too. */
export const HALF_GONE: ReadonlySet<DayStep> = new Set(['archived', 'detached', 'dropping']);

/** A row of retention_days. */
export interface DayRow {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly step: DayStep;
  /** Where its archive is; null for a day that was dropped without one. */
  readonly archive: string | null;
  readonly manifest: string | null;
  /** How many numbers of it were carried over, decimal text. */
  readonly carried: string;
  /** Why it goes no further; null where nothing keeps it. */
  readonly kept_for: string | null;
  /** DATETIME text in UTC. */
  readonly started_at: string;
  readonly changed_at: string;
}

/** The days from `from` on, oldest first, by primary key. No lock. */
export async function readDays(session: ShardSession, from = '1000-01-01'): Promise<DayRow[]> {
  return session.query<DayRow>(
    `SELECT DATE_FORMAT(day, '%Y-%m-%d') AS day, step, archive, manifest, CAST(carried AS CHAR) AS carried, kept_for,
            started_at, changed_at
       FROM retention_days WHERE day >= ? ORDER BY day`,
    [from],
  );
}

/** Notes that a day has begun to go. One that is noted stays as it is. */
export async function beginDay(session: ShardSession, day: string): Promise<void> {
  await session.execute(
    `INSERT INTO retention_days (day, step, carried, started_at, changed_at)
     VALUES (?, 'closing', 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE day = retention_days.day`,
    [day],
  );
}

/** Notes how far a day is. Locks its row, by primary key. */
export async function stepDay(session: ShardSession, day: string, step: DayStep): Promise<void> {
  await session.execute(
    'UPDATE retention_days SET step = ?, kept_for = NULL, changed_at = UTC_TIMESTAMP(3) WHERE day = ?',
    [step, day],
  );
}

/** Notes what a day's archive is. Locks its row, by primary key. */
export async function noteArchive(
  session: ShardSession,
  day: string,
  archive: string | null,
  manifest: string | null,
): Promise<void> {
  await session.execute(
    `UPDATE retention_days SET step = 'archived', archive = ?, manifest = ?, kept_for = NULL, changed_at = UTC_TIMESTAMP(3)
      WHERE day = ?`,
    [archive, manifest, day],
  );
}

/** Counts numbers of a day that were carried over. Locks its row, by primary key. */
export async function countCarried(session: ShardSession, day: string, numbers: number): Promise<void> {
  await session.execute('UPDATE retention_days SET carried = carried + ? WHERE day = ?', [numbers, day]);
}

/** Notes why a day goes no further. Locks its row, by primary key. */
export async function noteKept(session: ShardSession, day: string, why: string): Promise<void> {
  await session.execute(
    'UPDATE retention_days SET kept_for = ?, changed_at = UTC_TIMESTAMP(3) WHERE day = ?',
    [why.slice(0, 1_000), day],
  );
}

/** Forgets days that are gone for long. A range of the primary key, a row a day. */
export async function forgetDays(session: ShardSession, before: string): Promise<void> {
  await session.execute("DELETE FROM retention_days WHERE day < ? AND step = 'dropped'", [before]);
}
