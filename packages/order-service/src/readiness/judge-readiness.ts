import type { InflowChange } from '../throttle/inflow-change.ts';
import type { OverloadStatus } from '../overload/load-shedder.ts';

/** How the parts are that the API works with. */
export interface Parts {
  readonly shards: readonly number[];
  readonly live: ReadonlySet<number>;
  /** Of all idempotency keys, those that live on shards that are not live. From 0 to 1. */
  readonly keysUnavailable: number;
  readonly mongodb: 'up' | 'down';
  /** Undefined in a process that has joined none. */
  readonly bus: 'up' | 'down' | undefined;
  readonly stopping: boolean;
  readonly limits: readonly InflowChange[];
  readonly overload: OverloadStatus;
}

/**
 * Judges the API: ready as long as an order can be placed, for which one shard is enough; what is degraded is told all the
 * same. Pure.
 */
export function judgeReadiness(parts: Parts) {
  const { shards, live, keysUnavailable, mongodb, bus, stopping, limits, overload } = parts;
  const degraded = [
    ...shards.filter((shard) => !live.has(shard)).map((shard) => `shard ${shard}`),
    ...(mongodb === 'up' ? [] : ['order views']),
    ...(bus === 'down' ? ['event bus'] : []),
  ];
  return {
    ok: live.size > 0 && !stopping,
    detail: {
      degraded,
      shards: shards.map((shard) => ({ shard, state: live.has(shard) ? 'up' : 'down' })),
      keysUnavailable,
      mongodb,
      ...(bus === undefined ? {} : { bus }),
      inflow: limits.map(({ scope, limit, until }) => ({ scope, limit, until })),
      overload,
    },
  };
}
