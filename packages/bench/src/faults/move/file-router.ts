import { connectShardRouter, shardsFromEnv } from '@ordershard/shard-router';
import type { WritingRouter } from '../write/answering.ts';

/** The router as users have it, with the shards of the file that all processes share. */
export function openRouter(clusterId: string): Promise<WritingRouter> {
  return connectShardRouter({ clusterId, ...shardsFromEnv(process.env), drainMs: 0, mapPollMs: 1_000 });
}
