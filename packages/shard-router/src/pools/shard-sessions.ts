import { UnknownShardError } from '../errors.ts';
import { checkShards, type ShardConfig } from '../topology/config.ts';
import { inSession } from './in-session.ts';
import type { ShardSession } from './session.ts';
import { checkLimits } from './pool-limits.ts';
import { ShardPool } from './shard-pool.ts';
import type { AccessOption } from './with-shard-sessions.ts';

/** How long statements under way may take when the sessions are closed, milliseconds. */
const CLOSE_MS = 5_000;

export interface ShardSessionsOptions extends AccessOption {
  /** Connections to each shard at the most; default 8. */
  readonly connections?: number;
  /** How long one statement may take, milliseconds; default 60,000. */
  readonly statementTimeoutMs?: number;
}

/** An operator's way into the shards of a cluster: no map, no fences, no worker id. */
export interface ShardSessions {
  /** Ids of the shards, lowest first. */
  readonly shards: readonly number[];
  /**
   * Runs `fn` with a read-write session on the writer of a shard. Nothing fences it.
   *
   * @throws ShardUnavailableError, ShardAccessError; UnknownShardError for a shard that is not configured
   */
  readonly onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens {@link ShardSessions}. It connects to a shard when that is first used, so a shard that is down fails only its own
 * work.
 */
export function openShardSessions(
  shards: readonly ShardConfig[],
  { access = {}, connections = 8, statementTimeoutMs = 60_000 }: ShardSessionsOptions = {},
): ShardSessions {
  const limits = checkLimits({
    connections,
    queue: 1_000,
    connectTimeoutMs: 5_000,
    queueTimeoutMs: 30_000,
    statementTimeoutMs,
  });
  const pools = new Map(
    checkShards(shards).map(({ id, writer, access: own }) => [
      id,
      new ShardPool(id, writer, 'read write', limits, { ...access, ...own }),
    ]),
  );
  return {
    shards: [...pools.keys()].toSorted((a, b) => a - b),
    async onShard(shard, fn) {
      const pool = pools.get(shard);
      if (pool === undefined) throw new UnknownShardError(`shard ${shard} is not configured`);
      return inSession(pool, fn);
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close(CLOSE_MS)));
    },
  };
}
