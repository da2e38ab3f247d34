import type { ShardSession } from '@ordershard/shard-router';

/** How far the outbox tables of a shard are filled or relayed: ids by table. */
export type OutboxIds = ReadonlyMap<string, bigint>;

/** Returns the names of a shard's outbox tables of the topic of orders. Reads a small table; takes no lock. */
async function outboxTables(session: ShardSession): Promise<string[]> {
  const rows = await session.query<{ topic: string; tables: number }>(
    `SELECT topic, tables FROM outbox_topics WHERE topic = 'orders'`,
  );
  return rows.flatMap(({ topic, tables }) =>
    Array.from({ length: tables }, (_, n) => `outbox_${topic}_${n}`),
  );
}

/**
 * Returns the highest id of each outbox table that is not empty. Reads the end of an index in each partition; takes no lock.
 */
export async function readHighestIds(session: ShardSession): Promise<OutboxIds> {
  const ids = new Map<string, bigint>();
  for (const table of await outboxTables(session)) {
    const [row] = await session.query<{ id: string | null }>(
      `SELECT CAST(MAX(id) AS CHAR) AS id FROM \`${table}\``,
    );
    if (row?.id != null) ids.set(table, BigInt(row.id));
  }
  return ids;
}

/** Returns the id up to which each outbox table is relayed without a gap. Reads a small table; takes no lock. */
export async function readRelayedIds(session: ShardSession): Promise<OutboxIds> {
  const rows = await session.query<{ table_name: string; settled_id: string; gaps: string }>(
    'SELECT table_name, settled_id, gaps FROM outbox_relays',
  );
  return new Map(
    rows.map(({ table_name: table, settled_id: settled, gaps }) => {
      const [first] = JSON.parse(gaps) as [string, string][];
      return [table, first === undefined ? BigInt(settled) : BigInt(first[0]) - 1n];
    }),
  );
}
