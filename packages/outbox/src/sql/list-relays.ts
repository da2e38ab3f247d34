import type { ShardSession } from '@ordershard/shard-router';

export interface RelayRow {
  readonly table: string;
  readonly holder: string;
  /** How long the table has had no running lease, in milliseconds; below 0 while a lease runs. */
  readonly freeMs: number;
}

/**
 * Lists who relays which table of this shard, without the tables that Debezium publishes, by the database's clock. Reads the
 * whole small table, no locks.
 */
export async function listRelays(session: ShardSession): Promise<RelayRow[]> {
  const rows = await session.query<{ table_name: string; holder: string; free_us: string }>(
    `SELECT table_name, holder,
            CAST(TIMESTAMPDIFF(MICROSECOND, leased_until, UTC_TIMESTAMP(3)) AS CHAR) AS free_us
       FROM outbox_relays WHERE engine = 'embedded'`,
  );
  return rows.map((row) => ({
    table: row.table_name,
    holder: row.holder,
    freeMs: Number(row.free_us) / 1_000,
  }));
}
