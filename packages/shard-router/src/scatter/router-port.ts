import type { Role } from '../topology/endpoint.ts';
import type { ShardRouter } from '../router.ts';
import type { ScatterPort } from './scatter.ts';

/**
 * Fan-out reads over a router: through its routing pool, whose sessions are read only, in a scope on each shard.
 *
 * @param role `reader` reads from replicas, whose fences lag as their rows do; default `writer`
 */
export function routerScatterPort(
  router: Pick<ShardRouter, 'allShards' | 'pool' | 'withShard'>,
  role: Role = 'writer',
): ScatterPort {
  const pool = router.pool.promise();
  return {
    shards: () => router.allShards(),
    query: (shard, sql, values, timeoutMs) =>
      router.withShard(
        shard,
        async () => {
          const [rows] = await pool.query(sql, [...values]);
          return rows as Record<string, unknown>[];
        },
        { role, timeoutMs },
      ),
  };
}
