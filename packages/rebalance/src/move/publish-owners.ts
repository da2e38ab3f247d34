import type { ShardMap } from '@ordershard/shard-router';
import { mapOfOwners } from '../ownership/map-of-owners.ts';
import { publishProved } from '../ownership/publish.ts';
import type { MoveCluster } from './move-options.ts';

export interface PublishOptions {
  /** Who publishes, such as `user@host:pid`. */
  readonly by: string;
  /** Whether the command has changed something before; for how it ends when it is refused now. */
  readonly changed?: boolean;
}

/**
 * Publishes what the fences of all members say, once it is proved that everything has one owner, as the next version of
 * the shard map, unless the newest version says so already, and announces it.
 *
 * @returns the newest version
 * @throws MemberMissingError, OwnershipError, ShardBehindError, MemberAbsentError; ShardBusyError when another publishes
 */
export async function publishOwners(cluster: MoveCluster, options: PublishOptions): Promise<ShardMap> {
  const { map, isNew } = await publishProved(
    cluster,
    { ...options, what: 'publishes the shard map' },
    (proof) => mapOfOwners(proof.map, proof.ownership),
  );
  if (isNew) await cluster.announce?.(map);
  return map;
}
