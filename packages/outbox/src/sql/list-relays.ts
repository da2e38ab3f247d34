import type { ShardSession } from '@ordershard/shard-router';

export interface RelayRow {
  readonly table: string;
  readonly holder: string;
  /** Whether nobody's lease is running. */
  readonly free: boolean;
}

/** Who relays which table of this shard, by the database's clock. Reads the whole small table, no locks. */
export async function listRelays(session: ShardSession): Promise<RelayRow[]> {
  const rows = await session.query<{ table_name: string; holder: string; free: string | number }>(
    'SELECT table_name, holder, leased_until <= UTC_TIMESTAMP(3) AS free FROM outbox_relays',
  );
  // A comparison is a BIGINT, and so text, in MySQL 9, and an INT in MariaDB.
  return rows.map((row) => ({ table: row.table_name, holder: row.holder, free: Number(row.free) === 1 }));
}
