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
