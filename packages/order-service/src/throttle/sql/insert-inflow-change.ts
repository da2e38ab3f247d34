import type { ShardSession } from '@ordershard/shard-router';
import type { InflowChange } from '../inflow-change.ts';

/** Notes a change of what is let in. Locks the one row that it inserts, by primary key. */
export async function insertInflowChange(session: ShardSession, change: InflowChange): Promise<void> {
  await session.execute('INSERT INTO inflow_changes (revision, scope, body) VALUES (?, ?, ?)', [
    BigInt(change.revision),
    change.scope,
    JSON.stringify(change),
  ]);
}
