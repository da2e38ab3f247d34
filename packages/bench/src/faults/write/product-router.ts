import { connectShardRouter, shardsFromUrls } from '@ordershard/shard-router';
import type { WritingRouter } from './answering.ts';

/** The router as users have it. */
export function openRouter(clusterId: string, urls: readonly string[]): Promise<WritingRouter> {
  return connectShardRouter({ clusterId, shards: shardsFromUrls(urls), drainMs: 0 });
}
