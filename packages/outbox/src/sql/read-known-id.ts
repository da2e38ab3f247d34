import type { ShardSession } from '@ordershard/shard-router';
import { readLastId } from './read-last-id.ts';

/**
 * Returns the highest id of a table that its database knows: from its rows, or from its stored progress when the rows have
 * been removed. One read by primary key, and one look at the end of the key in each partition; no locks.
 */
export async function readKnownId(session: ShardSession, table: string): Promise<bigint> {
  const last = await readLastId(session, table);
  const [row] = await session.query<{ settled_id: string }>(
    'SELECT settled_id FROM outbox_relays WHERE table_name = ?',
    [table],
  );
  const settled = BigInt(row?.settled_id ?? 0);
  return last > settled ? last : settled;
}
