import { readClock, type ShardSessions } from '@ordershard/shard-router';

/** How far a shard's clock may be from another's. Milliseconds. */
export const MOST_SKEW_MS = 1_000;

/** How far a shard's clock is ahead of this machine's, milliseconds; right to half of the time that the question took. */
export async function clockAhead(cluster: ShardSessions, shard: number): Promise<number> {
  return cluster.onShard(shard, async (session) => {
    const asked = Date.now();
    const clock = await readClock(session);
    return clock - (asked + Date.now()) / 2;
  });
}
