import type { ShardSession } from '@ordershard/shard-router';

/** Whether a table or partition (see `rowsOf`) has a row. Reads one, without a lock. */
export async function hasRows(session: ShardSession, from: string): Promise<boolean> {
  return (await session.query(`SELECT 1 AS found FROM ${from} LIMIT 1`)).length > 0;
}
