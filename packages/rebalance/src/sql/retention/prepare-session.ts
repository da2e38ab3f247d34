import type { ShardSession } from '@ordershard/shard-router';

/**
 * Readies an operator's session for retention: DDL and row locks wait a second at the most, so that writers queue up
 * behind it no longer, and rows may be moved whose fences it locks itself.
 */
export async function prepareSession(session: ShardSession): Promise<void> {
  await session.execute(
    'SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, @ordershard_bucket = -1',
  );
}
