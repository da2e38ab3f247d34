import type { ShardSession } from '@ordershard/shard-router';

/** A run that has published events again. */
export interface RepublishRun {
  readonly run: string;
  readonly by: string;
  readonly reason: string;
  /** JSON text. */
  readonly selector: string;
  /** The Kafka topic. */
  readonly topic: string;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly startedAt: string;
  /** Null for one that was cut off. */
  readonly finishedAt: string | null;
  /** Events of this shard. */
  readonly events: number;
}

/** Notes that a run begins on a shard. Locks the new row. */
export async function insertRun(
  session: ShardSession,
  { run, by, reason, selector, topic }: Pick<RepublishRun, 'run' | 'by' | 'reason' | 'selector' | 'topic'>,
): Promise<void> {
  await session.execute(
    `INSERT INTO outbox_republish_runs (run_id, started_by, reason, selector, topic, started_at, events)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3), 0)`,
    [run, by.slice(0, 128), reason.slice(0, 255), selector, topic],
  );
}

/** Notes that a run is done with a shard. Locks its row, by primary key. */
export async function finishRun(session: ShardSession, run: string, events: number): Promise<void> {
  await session.execute(
    'UPDATE outbox_republish_runs SET finished_at = UTC_TIMESTAMP(3), events = ? WHERE run_id = ?',
    [events, run],
  );
}

/** Notes how much of a run was sent, without its end. Locks its row, by primary key. */
export async function countRun(session: ShardSession, run: string, events: number): Promise<void> {
  await session.execute('UPDATE outbox_republish_runs SET events = ? WHERE run_id = ?', [events, run]);
}

/** The newest runs of a shard. By index, backwards. */
export async function listRuns(session: ShardSession, limit: number): Promise<RepublishRun[]> {
  const rows = await session.query<Record<string, string | null>>(
    `SELECT run_id, started_by, reason, selector, topic, started_at, finished_at, CAST(events AS CHAR) AS events
       FROM outbox_republish_runs ORDER BY started_at DESC LIMIT ?`,
    [limit],
  );
  return rows.map((row) => ({
    run: row['run_id']!,
    by: row['started_by']!,
    reason: row['reason']!,
    selector: row['selector']!,
    topic: row['topic']!,
    startedAt: row['started_at']!,
    finishedAt: row['finished_at'] ?? null,
    events: Number(row['events']),
  }));
}
