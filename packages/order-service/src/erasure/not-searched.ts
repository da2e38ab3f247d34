import { type ClusterArchive, knownArchives } from '@ordershard/rebalance/archive';
import type { ShardRouter } from '@ordershard/shard-router';

/** What may hold data of a member, and was not looked at. */
export interface NotSearched {
  /** Shards that the cluster's map names, and that are not configured here. */
  readonly shards: readonly number[];
  /** Where the archives are, or were, that the shards know beside the one that was given. */
  readonly archives: readonly string[];
}

/**
 * Finds what an erasure does not reach.
 *
 * @param archive the one that is searched; undefined for none
 * @throws what a shard failed with that could not be asked; ArchiveMissingError, ArchiveUnavailableError
 */
export async function notSearched(
  router: Pick<ShardRouter, 'allShards' | 'missingShards' | 'onShard'>,
  archive: ClusterArchive | undefined,
): Promise<NotSearched> {
  const { archives, failures } = await knownArchives({
    shards: router.allShards(),
    onShard: (shard, fn) => router.onShard(shard, fn),
  });
  if (failures.length > 0) throw failures[0];
  const searched = (await archive?.check())?.archive;
  return {
    shards: router.missingShards(),
    archives: archives.filter(({ archive_id: id }) => id !== searched).map(({ url }) => url),
  };
}
