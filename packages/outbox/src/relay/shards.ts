import type { ShardSession } from '@ordershard/shard-router';

/** What the relay needs of the shards: read-write sessions on the tables that are not routed. */
export interface Shards {
  allShards(): readonly number[];
  onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T>;
}
