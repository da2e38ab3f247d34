import type { ShardMap } from '@ordershard/shard-router';
import { mapOfOwners } from '../ownership/map-of-owners.ts';
import { publishProved } from '../ownership/publish.ts';
import type { MoveCluster } from './move-options.ts';

export interface PublishOptions {
  /** Who publishes, such as `user@host:pid`. */
  readonly by: string;
  /** Whether the command has already changed something; decides its exit code when it is refused now. */
  readonly changed?: boolean;
}

/**
 * Proves that everything has one owner, publishes the owners that the fences of all members name as the next version of the
 * shard map, and announces it. Publishes nothing when the newest version says the same already.
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
