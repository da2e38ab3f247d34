import type { ShardSession } from '@ordershard/shard-router';

/** How much of an outbox table is not known to be published. */
export interface TableLag {
  readonly table: string;
  /** Number of such rows, {@link MOST_ROWS} at the most, without those in gaps. */
  readonly rows: number;
  /** How old the oldest of them is, by the database's clock. */
  readonly seconds: number;
  readonly parked: number;
}

/** Rows of a table are counted up to here. */
export const MOST_ROWS = 100_000;

/** The lag of an outbox table by what is stored of its progress. Ranges of primary keys, no locks. */
export async function readLag(session: ShardSession, table: string): Promise<TableLag> {
  const [row] = await session.query<{ n: string; seconds: string | null; parked: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n,
            CAST(TIMESTAMPDIFF(MICROSECOND, MIN(occurred_at), UTC_TIMESTAMP(6)) AS CHAR) AS seconds,
            (SELECT CAST(COUNT(*) AS CHAR) FROM outbox_parked
              WHERE table_name = ? AND state <> 'discarded') AS parked
       FROM (SELECT occurred_at FROM ${table} FORCE INDEX (PRIMARY)
              WHERE id > COALESCE((SELECT settled_id FROM outbox_relays WHERE table_name = ?), 0)
              ORDER BY id LIMIT ${MOST_ROWS}) waiting`,
    [table, table],
  );
  return {
    table,
    rows: Number(row?.n ?? 0),
    seconds: Math.max(0, Number(row?.seconds ?? 0)) / 1_000_000,
    parked: Number(row?.parked ?? 0),
  };
}
