import type { KeyState } from '../keys/key-ring.ts';
import type { InflowChange } from '../throttle/inflow-change.ts';
import { degradedTables, shownTables, takesNoOrders } from './judge-tables.ts';
import type { TableState } from './table-state.ts';
import type { OverloadStatus } from '../overload/load-shedder.ts';
import { HEALTH_KINDS, type HealthKind, type RequestHealth } from './request-health.ts';

/** The state of the parts that the API depends on. */
export interface Parts {
  /** The shards of the cluster that are configured here. */
  readonly shards: readonly number[];
  readonly live: ReadonlySet<number>;
  /** Shards that the newest map names and that are not configured here. */
  readonly missing: readonly number[];
  /** Why this process does not use the newest map; undefined when it does. */
  readonly mapProblem: string | undefined;
  /** The share of all idempotency keys that live on shards that are not live, from 0 to 1. */
  readonly keysUnavailable: number;
  /** Why no order number can be drawn; undefined when one can be. */
  readonly noNumbers: string | undefined;
  readonly mongodb: 'up' | 'down';
  /** Undefined in a process that has joined no bus. */
  readonly bus: 'up' | 'down' | undefined;
  readonly tokenKeys: KeyState;
  readonly health: Readonly<Record<HealthKind, RequestHealth>>;
  readonly stopping: boolean;
  /** The state of the tables of each shard at the last look; a shard that was not looked at yet is missing. */
  readonly tables: readonly TableState[];
  readonly limits: readonly InflowChange[];
  readonly overload: OverloadStatus;
}

/** A kind of request is degraded when at least this share of its requests, and at least this many of them, have failed. */
const DEGRADED_SHARE = 0.05;
const DEGRADED_LEAST = 3;
/** When this many orders have failed and none has succeeded, that is no accident. */
const NOTHING_WORKS = 10;

/**
 * Judges the API. It is ready as long as orders can be placed, for which one shard and a number are enough, and really are
 * placed. The answer names what is degraded in either case. Pure.
 *
 * When only a part of the orders fails, the API is degraded, not unavailable. The cause is mostly the same for all instances,
 * and a balancer that takes out all of them turns a partial failure into a total one. Failures by a shard that is down are
 * reported as that shard's: a client that sends only keys that live there cannot take an instance away from others.
 */
export function judgeReadiness(parts: Parts) {
  const { shards, live, missing, mapProblem, noNumbers, mongodb, bus, tokenKeys, health } = parts;
  const tables = parts.tables.filter(({ shard }) => shards.includes(shard));
  const closed = new Set(tables.filter(takesNoOrders).map(({ shard }) => shard));
  const isTold = (cause: string) =>
    (cause === 'order views' && mongodb === 'down') ||
    shards.some((shard) => !live.has(shard) && cause === `shard ${shard}`);
  const untold = Object.fromEntries(
    HEALTH_KINDS.map((kind) => [kind, untoldFailures(health[kind], isTold)]),
  ) as Record<HealthKind, number>;
  const degraded = [
    ...shards.filter((shard) => !live.has(shard)).map((shard) => `shard ${shard}`),
    ...missing.map((shard) => `shard ${shard}`),
    ...(mapProblem === undefined ? [] : ['shard map']),
    ...tables.flatMap(degradedTables),
    ...(noNumbers === undefined ? [] : ['order numbers']),
    ...(tokenKeys.state === 'up' ? [] : ['token keys']),
    ...HEALTH_KINDS.filter((kind) => isDegraded(health[kind], untold[kind])),
    ...(mongodb === 'up' ? [] : ['order views']),
    ...(bus === 'down' ? ['event bus'] : []),
  ];
  const nothingWorks = health.orders.done === 0 && untold.orders >= NOTHING_WORKS;
  return {
    ok:
      [...live].some((shard) => !closed.has(shard)) &&
      noNumbers === undefined &&
      tokenKeys.state !== 'down' &&
      !nothingWorks &&
      !parts.stopping,
    detail: {
      degraded,
      shards: [
        ...shards.map((shard) => ({ shard, state: live.has(shard) ? 'up' : 'down' })),
        ...missing.map((shard) => ({ shard, state: 'not configured here' })),
      ],
      tables: tables.map(shownTables),
      keysUnavailable: parts.keysUnavailable,
      ...(mapProblem === undefined ? {} : { mapProblem }),
      ...(noNumbers === undefined ? {} : { noNumbers }),
      tokenKeys,
      ...health,
      mongodb,
      ...(bus === undefined ? {} : { bus }),
      inflow: parts.limits.map(({ scope, limit, until }) => ({ scope, limit, until })),
      overload: parts.overload,
    },
  };
}

/** Counts the failed requests whose cause is not already reported as a part that is down. */
function untoldFailures({ causes }: RequestHealth, isTold: (cause: string) => boolean): number {
  return Object.entries(causes).reduce((sum, [cause, count]) => sum + (isTold(cause) ? 0 : count), 0);
}

function isDegraded({ done, failed }: RequestHealth, untold: number): boolean {
  return untold >= DEGRADED_LEAST && untold >= DEGRADED_SHARE * (done + failed);
}
