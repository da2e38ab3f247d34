import type { ShardSession } from '@ordershard/shard-router';

/** The highest committed id of some outbox tables, 0 where there is none. The end of the index of each partition. */
export async function newestIds(
  session: ShardSession,
  tables: readonly string[],
): Promise<Map<string, bigint>> {
  const rows = await session.query<{ name: string; id: string }>(
    tables
      .map((table) => `SELECT '${table}' AS name, COALESCE(MAX(id), 0) AS id FROM ${table}`)
      .join(' UNION ALL '),
  );
  return new Map(rows.map(({ name, id }) => [name, BigInt(id)]));
}
