import { type ClusterArchive, knownArchives } from '@ordershard/rebalance/archive';
import type { ShardRouter } from '@ordershard/shard-router';

/** Places that may hold data of a member and that the erasure did not search. */
export interface NotSearched {
  /** Shards that the cluster's map names, and that are not configured here. */
  readonly shards: readonly number[];
  /** The present or former URLs of the archives that the shards know, apart from the archive that is searched. */
  readonly archives: readonly string[];
}

/**
 * Finds what an erasure does not reach.
 *
 * @param archive the one that is searched; undefined for none
 * @throws the error of a shard that could not be asked; ArchiveMissingError, ArchiveUnavailableError
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
