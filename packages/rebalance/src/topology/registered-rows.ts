import type { ShardSession, TableRegistration } from '@ordershard/shard-router';
import { countRowsUpTo } from '../sql/ownership/row-counts.ts';
import { listTables } from '../sql/topology/shard-facts.ts';

/** Rows that a shard has in a table which holds what belongs to numbers, keys, texts, or their events. */
export interface RegisteredRows {
  readonly table: string;
  readonly rows: number;
  readonly isOutbox: boolean;
}

/** Counts the rows of the registered tables that have any, `limit` of each at the most. */
export async function countRegistered(
  session: ShardSession,
  registered: readonly TableRegistration[],
  limit: number,
): Promise<readonly RegisteredRows[]> {
  const there = await listTables(session);
  const found: RegisteredRows[] = [];
  for (const { table, moves, outbox } of registered) {
    if ((moves === undefined && outbox === undefined) || !there.includes(table)) continue;
    const rows = await countRowsUpTo(session, table, limit);
    if (rows > 0) found.push({ table, rows, isOutbox: outbox === true });
  }
  return found;
}
