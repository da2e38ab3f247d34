import type { ShardSession, TableRegistration } from '@ordershard/shard-router';
import { retryLockWait } from '../retention/retry-lock-wait.ts';
import {
  addPartitions,
  isPartitionEmpty,
  limitLockWait,
  listPartitions,
  type Partition,
  splitPartition,
} from '../sql/partitions.ts';

/**
 * Creates in the target's table the daily partitions of the source's table. Splits a day below the target's highest off the
 * partition that covers it, if that partition is empty. If it is not, the day's rows go into it, and stay as long as it does.
 */
export async function ensurePartitions(
  target: ShardSession,
  table: TableRegistration['table'],
  wanted: readonly Partition[],
): Promise<void> {
  await limitLockWait(target);
  const present = await listPartitions(target, table);
  const known = new Set(present.map(({ bound }) => bound));
  const missing = wanted.filter(({ bound }) => !known.has(bound) && bound !== 'MAXVALUE');
  const above: Partition[] = [];
  for (const partition of missing) {
    const cover = present.find(({ bound }) => isAbove(bound, partition.bound));
    if (cover === undefined) above.push(partition);
    else if (await isPartitionEmpty(target, table, cover.name))
      await retryLockWait(() => splitPartition(target, table, partition, cover));
  }
  if (above.length > 0) await retryLockWait(() => addPartitions(target, table, above));
}

function isAbove(bound: string, other: string): boolean {
  return bound === 'MAXVALUE' || BigInt(bound) > BigInt(other);
}
