import { readClock, type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/**
 * Reads the clocks of all shards. The clock of the machine that this runs on has no say in it.
 *
 * @returns the time by the clock of the shard that is furthest behind, which goes on from there
 * @throws the driver's errors
 */
export async function readShardTime(shards: readonly ShardConfig[]): Promise<() => Date> {
  const asked = performance.now();
  const clocks = await withShardSessions(shards, readClock);
  const earliest = Math.min(...clocks);
  return () => new Date(earliest + Math.floor(performance.now() - asked));
}
