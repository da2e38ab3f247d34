import type { CarrierFactory } from './context/carrier.ts';
import type { GuardedTable } from './guards/guarded-table.ts';
import type { RouterObserver } from './observe/observer.ts';
import type { SqlComments } from './observe/telemetry.ts';
import type { PoolLimits } from './pools/pool-limits.ts';
import type { ServerAccess } from './pools/server-access.ts';
import type { ShardConfig } from './topology/config.ts';
import type { MapNotifier } from './topology/map-cache.ts';
import type { MergeLimits } from './write/merge-limits.ts';

export interface RouterOptions {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /**
   * Reads the configured shards again when a map or a fence names an unknown one; new shards are used from then on. Without
   * this function such a map is refused. `shardsFromEnv` returns one for a shards file.
   */
  readonly reloadShards?: () => readonly ShardConfig[] | Promise<readonly ShardConfig[]>;
  /**
   * The application's tables whose rows belong to a number or a key, as they were passed to `migrateShards`. The start fails
   * when one of them lacks its guards on a shard that answers. Tables that are not listed here are not checked.
   */
  readonly tables?: readonly GuardedTable[];
  /** Connections to each server of a shard at the most. Default 16. */
  readonly poolSize?: number;
  /** Limits of the pools that replace those in {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Omit<PoolLimits, 'connections'>>;
  /** TLS, and credentials that are not in the URLs. */
  readonly access?: ServerAccess;
  /** Whether the router will draw numbers, for which it leases a worker id; default true. */
  readonly numbers?: boolean;
  /** The name of the process that leases the worker id, for operators to see. Default: host name and process id. */
  readonly holder?: string;
  /** How scopes are carried; default AsyncLocalStorage. */
  readonly carrier?: CarrierFactory;
  /** A file that keeps the newest shard map, for a start while no shard answers. */
  readonly mapFile?: string;
  /**
   * Limits of merged writes that replace those in {@link DEFAULT_MERGE_LIMITS}; with false each write has its own
   * transaction.
   */
  readonly merge?: Partial<MergeLimits> | false;
  /** Announces newer maps, in addition to polling and to what the fences say. */
  readonly notifier?: MapNotifier;
  /** Milliseconds between polls for a newer map; default 5,000. */
  readonly mapPollMs?: number;
  /** Observes statements, transactions, and what happens to shards; combine several observers with `allOf`. */
  readonly observer?: RouterObserver;
  /**
   * Puts a comment at the end of each statement that is sent as text, `/* shard=1 request=a7 *\/`, with the tags that this
   * function returns in the context of the caller. Prepared statements get none: each comment would make another text.
   */
  readonly sqlComments?: SqlComments;
  /** How long a close waits for work under way, milliseconds; default 10,000. */
  readonly drainMs?: number;
}

export const DEFAULT_LIMITS: PoolLimits = {
  connections: 16,
  queue: 10_000,
  connectTimeoutMs: 3_000,
  queueTimeoutMs: 5_000,
  statementTimeoutMs: 10_000,
};
