import type { ShardSession } from '@ordershard/shard-router';
import type { TableLayout } from '../../move/table-layout.ts';

/** How far an outbox table is published, and by whom. */
export interface RelayRow {
  readonly engine: 'embedded' | 'connect';
  readonly settled_id: string;
  /** JSON: pairs of the first and last id of each gap, as text. */
  readonly gaps: string;
}

/** Reads how far a table is published; undefined when no relay has ever had it. By primary key, without a lock. */
export async function readRelayRow(session: ShardSession, table: string): Promise<RelayRow | undefined> {
  const [row] = await session.query<RelayRow>(
    'SELECT engine, settled_id, gaps FROM outbox_relays WHERE table_name = ?',
    [table],
  );
  return row;
}

/** A condition on rows that are not settled: above what is, or in a gap. */
function unsettled(relay: RelayRow | undefined): string {
  const gaps = JSON.parse(relay?.gaps ?? '[]') as [string, string][];
  return [
    `id > ${BigInt(relay?.settled_id ?? '0')}`,
    ...gaps.map(([first, last]) => `id BETWEEN ${BigInt(first)} AND ${BigInt(last)}`),
  ].join(' OR ');
}

/**
 * How many committed rows there are of which `relay` does not say that they are settled, and since how many milliseconds
 * the oldest of them waits. Ranges of the primary key, without a lock.
 */
export async function countUnsettledRows(
  session: ShardSession,
  table: string,
  relay: RelayRow | undefined,
): Promise<{ readonly rows: number; readonly ageMs: number }> {
  const [row] = await session.query<{ n: string; age_ms: string | null }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n,
            CAST(TIMESTAMPDIFF(MICROSECOND, MIN(occurred_at), UTC_TIMESTAMP(3)) DIV 1000 AS CHAR) AS age_ms
       FROM \`${table}\` FORCE INDEX (PRIMARY)
      WHERE ${unsettled(relay)}`,
  );
  return { rows: Number(row?.n ?? 0), ageMs: Number(row?.age_ms ?? 0) };
}

/** How far all outbox tables of a shard are published, by table. A scan of a small table, without a lock. */
export async function readRelayRows(session: ShardSession): Promise<ReadonlyMap<string, RelayRow>> {
  const rows = await session.query<RelayRow & { readonly table_name: string }>(
    'SELECT table_name, engine, settled_id, gaps FROM outbox_relays',
  );
  return new Map(rows.map((row) => [row.table_name, row]));
}

/** How many committed rows of a bucket there are, in some tables, that are not settled; as {@link countUnsettledRows}. */
export async function countUnsettledOf(
  session: ShardSession,
  tables: readonly string[],
  relays: ReadonlyMap<string, RelayRow>,
  bucket: number,
): Promise<number> {
  if (tables.length === 0) return 0;
  const counts = tables.map(
    (table) =>
      `SELECT COUNT(*) AS n FROM \`${table}\` FORCE INDEX (PRIMARY) WHERE (${unsettled(relays.get(table))}) AND bucket = ?`,
  );
  const rows = await session.query<{ n: string }>(
    counts.join(' UNION ALL '),
    tables.map(() => bucket),
  );
  return rows.reduce((sum, { n }) => sum + Number(n), 0);
}

/** Whether any event of a bucket is parked. A scan of the small list of parked rows. */
export async function hasParkedRows(session: ShardSession, bucket: number): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 FROM outbox_parked WHERE bucket = ? AND state <> 'discarded' LIMIT 1`,
    [bucket],
  );
  return rows.length > 0;
}

/** The parked rows of a bucket, as texts of an INSERT, in the order of their ids. A scan of the small list of parked rows. */
export async function readParkedRows(
  session: ShardSession,
  { table, text }: TableLayout,
  bucket: number,
): Promise<readonly string[]> {
  const rows = await session.query<{ text: string }>(
    `SELECT ${text} AS text FROM outbox_parked p JOIN \`${table}\` AS r ON r.id = p.id
      WHERE p.table_name = ? AND p.bucket = ? AND p.state <> 'discarded' ORDER BY p.id`,
    [table, bucket],
  );
  return rows.map((row) => row.text);
}

/** Notes that the parked rows of a bucket have gone to another shard. */
export async function discardParkedRows(
  session: ShardSession,
  table: string,
  bucket: number,
  target: number,
): Promise<void> {
  await session.execute(
    `UPDATE outbox_parked SET state = 'discarded', note = ? WHERE table_name = ? AND bucket = ? AND state <> 'discarded'`,
    [`moved to shard ${target}`, table, bucket],
  );
}
