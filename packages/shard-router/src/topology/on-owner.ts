import { type BucketElsewhereError, KeyElsewhereError } from '../errors.ts';
import { followOwner } from '../fence/follow-owner.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { Shards } from '../pools/shards.ts';
import type { MapCache } from './map-cache.ts';
import type { NewShards } from './new-shards.ts';
import { shardOfTarget, withOwnersOf } from './shard-of-target.ts';

/** The dependencies for finding the owner of a target. */
export interface OwnerRoutes {
  readonly map: MapCache;
  readonly shards: Shards;
  readonly newShards: NewShards;
}

/**
 * Runs `attempt` on the owner of a target: first where the map says, then where the fences say, until a shard accepts it. The
 * router follows what the fences said from then on.
 *
 * @param deadline until when it may wait between attempts, on the clock of `performance.now()`
 * @param failed the error of the first attempt, when the caller has made that one already
 */
export function onOwner<T>(
  routes: OwnerRoutes,
  target: WriteTarget,
  attempt: (shard: number) => Promise<T>,
  deadline: number,
  failed?: unknown,
): Promise<T> {
  const { map, shards, newShards } = routes;
  // A fence may name a shard that no map lists yet.
  const onShard = (shard: number) =>
    shards.isMember(shard) ? attempt(shard) : newShards.meet(shard).then(() => attempt(shard));
  const stale = (said: BucketElsewhereError | KeyElsewhereError) => learnOwner(map, target, said);
  return followOwner(target, shardOfTarget(map.current, target), onShard, stale, deadline, failed);
}

/** Notes the owners that a fence has named for a target, and starts to look for a newer map. */
export function learnOwner(
  map: MapCache,
  target: WriteTarget,
  said: BucketElsewhereError | KeyElsewhereError,
): void {
  const owners =
    said instanceof KeyElsewhereError
      ? said.owners
      : { number: said.owner, key: said.owner, text: said.owner };
  map.learn((known) => withOwnersOf(known, target, owners));
  map.reload();
}
