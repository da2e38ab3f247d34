import { KeyElsewhereError } from '../errors.ts';
import { followOwner } from '../fence/follow-owner.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { Shards } from '../pools/shard.ts';
import type { MapCache } from './map-cache.ts';
import type { NewShards } from './new-shards.ts';
import { shardOfTarget, withOwnersOf } from './shard-of-target.ts';

/** What finds the owner of a target. */
export interface OwnerRoutes {
  readonly map: MapCache;
  readonly shards: Shards;
  readonly newShards: NewShards;
}

/**
 * Runs `attempt` on the owner of a target: where the map says, then where the fences say, until one takes it. What they
 * say is gone by from then on.
 *
 * @param failed how the first attempt has failed, where it was made before
 */
export function onOwner<T>(
  { map, shards, newShards }: OwnerRoutes,
  target: WriteTarget,
  attempt: (shard: number) => Promise<T>,
  failed?: unknown,
): Promise<T> {
  // A fence may name a shard that no map has told of yet.
  const onShard = (shard: number) =>
    shards.has(shard) ? attempt(shard) : newShards.look().then(() => attempt(shard));
  return followOwner(
    target,
    shardOfTarget(map.current, target),
    onShard,
    (said) => {
      const owners =
        said instanceof KeyElsewhereError ? said.owners : { number: said.owner, key: said.owner };
      map.learn((known) => withOwnersOf(known, target, owners));
      map.reload();
    },
    failed,
  );
}
