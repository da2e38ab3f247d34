import type { ShardSessions } from '@ordershard/shard-router';
import { readLease } from '../sql/leases.ts';
import { ShardBusyError } from './errors.ts';

/** Throws when an operation works on one of some shards. @throws ShardBusyError */
export async function refuseHeld(
  { onShard }: Pick<ShardSessions, 'onShard'>,
  shards: readonly number[],
): Promise<void> {
  for (const shard of shards) {
    const lease = await onShard(shard, (session) => readLease(session, 'shard'));
    if (Number(lease.held) === 1) throw new ShardBusyError(shard, lease);
  }
}
