import { readClock, type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/**
 * Reads the clocks of all shards. The clock of this machine does not matter.
 *
 * @returns a clock that starts at the time of the shard that is furthest behind, and runs on from there
 * @throws the driver's errors
 */
export async function readShardTime(shards: readonly ShardConfig[]): Promise<() => Date> {
  const asked = performance.now();
  const clocks = await withShardSessions(shards, readClock);
  const earliest = Math.min(...clocks);
  return () => new Date(earliest + Math.floor(performance.now() - asked));
}
