import type { MapBus } from '@ordershard/event-bus';
import type { ShardRouter } from '@ordershard/shard-router';
import type { KeyRing, KeyState } from '../keys/key-ring.ts';
import type { OrderViews } from '../views/order-views.ts';
import type { Parts } from './judge-readiness.ts';

/** Shards that did not answer when they were last used. */
export function deadShards(router: ShardRouter): ReadonlySet<number> {
  const live = new Set(router.liveShards());
  return new Set(router.allShards().filter((shard) => !live.has(shard)));
}

/** Why the router draws no number now; undefined when it does. */
function refusalOfNumbers(router: ShardRouter): string | undefined {
  try {
    router.drawNumber();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Returns the state of the token keys. Looks for the keys first if no request has, so that an idle process becomes ready too.
 */
export async function tokenKeysNow(keys: KeyRing): Promise<KeyState> {
  await keys.keys().catch(() => undefined);
  return keys.state;
}

/** Returns the state of the parts now. */
export async function partsNow(
  router: ShardRouter,
  views: OrderViews,
  bus: MapBus | undefined,
): Promise<Pick<Parts, 'shards' | 'live' | 'missing' | 'noNumbers' | 'mongodb' | 'bus'>> {
  const mongodb = await views.ping().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return {
    shards: router.allShards(),
    live: new Set(router.liveShards()),
    missing: router.missingShards(),
    noNumbers: refusalOfNumbers(router),
    mongodb,
    bus: bus === undefined ? undefined : bus.problem === undefined ? 'up' : 'down',
  };
}
