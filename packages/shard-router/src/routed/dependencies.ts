import type { ContextCarrier } from '../context/carrier.ts';
import type { Drain } from '../context/drain.ts';
import type { Frame } from '../context/scope.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { PoolLimits } from '../pools/pool-limits.ts';
import type { Shards } from '../pools/shards.ts';
import type { MapCache } from '../topology/map-cache.ts';
import type { NewShards } from '../topology/new-shards.ts';
import { onOwner } from '../topology/on-owner.ts';

/** The dependencies that a router gives to the work that it routes. */
export interface RouterDependencies {
  readonly carrier: ContextCarrier<Frame>;
  readonly drain: Drain;
  readonly map: MapCache;
  readonly shards: Shards;
  readonly newShards: NewShards;
  readonly limits: PoolLimits;
  readonly telemetry: Telemetry;
}

/** Runs `attempt` on the owner of a target, see {@link onOwner}. A close of the router waits for it. */
export function routed<T>(
  router: RouterDependencies,
  target: WriteTarget,
  attempt: (shard: number) => Promise<T>,
  deadline: number,
): Promise<T> {
  return router.drain.run(router.carrier.current() !== undefined, () =>
    onOwner(router, target, attempt, deadline),
  );
}
