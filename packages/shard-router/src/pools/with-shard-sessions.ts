import { checkShards, type ShardConfig } from '../topology/config.ts';
import { inSession } from './in-session.ts';
import type { ShardSession } from './session.ts';
import type { ServerAccess } from './server-access.ts';
import { ShardPool } from './shard-pool.ts';

const LIMITS = {
  connections: 1,
  queue: 10,
  connectTimeoutMs: 5_000,
  queueTimeoutMs: 6_000,
  statementTimeoutMs: 60_000,
} as const;

/** How a function that takes shards gets into them. */
export interface AccessOption {
  /** TLS, and credentials that are not in the URLs. */
  readonly access?: ServerAccess;
}

/**
 * Runs `fn` on every shard at once, with an operator's read-write session of its own: for work on schema and shards that
 * needs no routing. The results come in the order of the shards; the first failure is thrown when all are done.
 */
export async function withShardSessions<T>(
  shards: readonly ShardConfig[],
  fn: (session: ShardSession) => Promise<T>,
  { access = {} }: AccessOption = {},
): Promise<readonly T[]> {
  const pools = checkShards(shards).map(
    ({ id, writer, access: own }) => new ShardPool(id, writer, 'read write', LIMITS, { ...access, ...own }),
  );
  try {
    const results = await Promise.allSettled(pools.map((pool) => inSession(pool, fn)));
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}
