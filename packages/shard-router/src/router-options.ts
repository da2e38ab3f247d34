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
   * Reads the configured shards again, when a map or a fence names one that is not known: those that are new are used
   * from then on. Without it such a map is refused. `shardsFromEnv` gives one for a shards file.
   */
  readonly reloadShards?: () => readonly ShardConfig[] | Promise<readonly ShardConfig[]>;
  /**
   * The application's tables whose rows belong to a number or a key, as `migrateShards` was given them: one that lacks its
   * guards on a shard that answers is refused at the start. What is not declared is not looked at.
   */
  readonly tables?: readonly GuardedTable[];
  /** Connections to each server of a shard at the most. Default 16. */
  readonly poolSize?: number;
  /** Limits of the pools, where others than {@link DEFAULT_LIMITS} are wanted. */
  readonly limits?: Partial<Omit<PoolLimits, 'connections'>>;
  /** TLS, and credentials that are not in the URLs. */
  readonly access?: ServerAccess;
  /** Whether numbers will be drawn, for which a worker id is leased; default true. */
  readonly numbers?: boolean;
  /** Who leases the worker id; for the operator's eyes. Default: host name and process id. */
  readonly holder?: string;
  /** How scopes are carried; default AsyncLocalStorage. */
  readonly carrier?: CarrierFactory;
  /** A file that keeps the newest shard map, for a start while no shard answers. */
  readonly mapFile?: string;
  /** Limits of merged writes, where others than {@link DEFAULT_MERGE_LIMITS} are wanted; false gives each a transaction of its own. */
  readonly merge?: Partial<MergeLimits> | false;
  /** Tells of newer maps, besides polling and what the fences say. */
  readonly notifier?: MapNotifier;
  /** Milliseconds between looks for a newer map; default 5,000. */
  readonly mapPollMs?: number;
  /** Is told of statements, transactions, and what happens to shards; several with `allOf`. */
  readonly observer?: RouterObserver;
  /**
   * Puts a comment at the end of each statement that is sent as text, `/* shard=1 request=a7 *\/`, with the tags that it
   * gives, in the context of the caller. Prepared statements get none: each text would be one of its own.
   */
  readonly sqlComments?: SqlComments;
  /** How long a close waits for what is under way, milliseconds; default 10,000. */
  readonly drainMs?: number;
}

export const DEFAULT_LIMITS: PoolLimits = {
  connections: 16,
  queue: 10_000,
  connectTimeoutMs: 3_000,
  queueTimeoutMs: 5_000,
  statementTimeoutMs: 10_000,
};
