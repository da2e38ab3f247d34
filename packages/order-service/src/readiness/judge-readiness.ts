import type { KeyState } from '../keys/key-ring.ts';
import type { InflowChange } from '../throttle/inflow-change.ts';
import { degradedTables, shownTables, takesNoOrders } from './judge-tables.ts';
import type { TableState } from './table-state.ts';
import type { OverloadStatus } from '../overload/load-shedder.ts';
import { HEALTH_KINDS, type HealthKind, type RequestHealth } from './request-health.ts';

/** How the parts are that the API works with. */
export interface Parts {
  /** Of the cluster, as far as they are configured here. */
  readonly shards: readonly number[];
  readonly live: ReadonlySet<number>;
  /** Shards that the newest map names and that are not configured here. */
  readonly missing: readonly number[];
  /** Why the newest map is not gone by; undefined when it is. */
  readonly mapProblem: string | undefined;
  /** Of all idempotency keys, those that live on shards that are not live. From 0 to 1. */
  readonly keysUnavailable: number;
  /** Why no order number can be drawn; undefined when one can be. */
  readonly noNumbers: string | undefined;
  readonly mongodb: 'up' | 'down';
  /** Undefined in a process that has joined none. */
  readonly bus: 'up' | 'down' | undefined;
  readonly tokenKeys: KeyState;
  readonly health: Readonly<Record<HealthKind, RequestHealth>>;
  readonly stopping: boolean;
  /** As the tables of the shards were found; none where they were not looked at yet. */
  readonly tables: readonly TableState[];
  readonly limits: readonly InflowChange[];
  readonly overload: OverloadStatus;
}

/** Of the requests of a kind, those that fail before it is called degraded; and how many at the least. */
const DEGRADED_SHARE = 0.05;
const DEGRADED_LEAST = 3;
/** So many orders in a row that fail, and none that does not, are no accident. */
const NOTHING_WORKS = 10;

/**
 * Judges the API: ready as long as orders can be placed, for which one shard and a number are enough, and are; what is
 * degraded is told all the same. Pure.
 *
 * A part of the orders that fails is degraded, not unavailable: what makes it fail is mostly the same for all instances,
 * and a balancer that leaves all of them makes a part of it the whole. A shard that is down is told as such: whoever sends
 * nothing but keys that live there takes no instance away from others.
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

/** How many requests failed by what is not told as a part that is down. */
function untoldFailures({ causes }: RequestHealth, isTold: (cause: string) => boolean): number {
  return Object.entries(causes).reduce((sum, [cause, count]) => sum + (isTold(cause) ? 0 : count), 0);
}

function isDegraded({ done, failed }: RequestHealth, untold: number): boolean {
  return untold >= DEGRADED_LEAST && untold >= DEGRADED_SHARE * (done + failed);
}
