import type { ShardSession } from '@ordershard/shard-router';

/** Rows of changes of what is let in: their JSON. */
type Row = { readonly body: string };

/** The last change of each scope. Along the index of scope and revision; no locks. */
export async function selectLastInflowChanges(session: ShardSession): Promise<string[]> {
  const rows = await session.query<Row>(
    `SELECT body FROM inflow_changes AS change_
       JOIN (SELECT MAX(revision) AS revision FROM inflow_changes GROUP BY scope) AS last_
      USING (revision)`,
  );
  return rows.map(({ body }) => body);
}

/** The newest changes, the last one first. By primary key, backwards; no locks. */
export async function selectInflowHistory(session: ShardSession, limit: number): Promise<string[]> {
  const rows = await session.query<Row>('SELECT body FROM inflow_changes ORDER BY revision DESC LIMIT ?', [
    limit,
  ]);
  return rows.map(({ body }) => body);
}

/** What a shard knows: the highest revision of all scopes, and its time. */
export interface InflowState {
  /** Decimal text; 0 before the first change. */
  readonly revision: string;
  /** The database's Unix time in milliseconds. */
  readonly now_ms: string;
}

/** Reads the highest revision, from the end of the primary key, and the database's time; no locks. */
export async function selectInflowState(session: ShardSession): Promise<InflowState> {
  const [row] = await session.query<InflowState>(
    `SELECT CAST(COALESCE(MAX(revision), 0) AS CHAR) AS revision,
            CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS CHAR) AS now_ms
       FROM inflow_changes`,
  );
  return row!;
}
