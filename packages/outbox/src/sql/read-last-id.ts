import type { ShardSession } from '@ordershard/shard-router';

/** The highest id of a table's committed rows, 0 when it has none. One look at the end of the key in each partition. */
export async function readLastId(session: ShardSession, table: string): Promise<bigint> {
  const [row] = await session.query<{ last: string | null }>(`SELECT MAX(id) AS last FROM ${table}`);
  return BigInt(row?.last ?? 0);
}
