import { type Logger, SettingsError } from '@ordershard/process';
import {
  ArchiveForeignError,
  ArchiveMissingError,
  ArchiveUrlError,
  type ClusterArchive,
  knowsArchive,
  openArchive,
} from '@ordershard/rebalance/archive';
import type { ShardRouter } from '@ordershard/shard-router';
import { ArchivedOrders } from './archived-orders.ts';

/** What opening an archive needs of a router. */
export type ArchiveRouter = Pick<ShardRouter, 'allShards' | 'onShard'>;

/** Opens a cluster's archive, whose id its shards have to know when it is first used. @throws ArchiveUrlError */
export function openArchiveOf(
  url: string,
  clusterId: string,
  router: ArchiveRouter,
): Promise<ClusterArchive> {
  return openArchive(url, {
    clusterId,
    knows: (id) =>
      knowsArchive({ shards: router.allShards(), onShard: (shard, fn) => router.onShard(shard, fn) }, id),
  });
}

/**
 * Opens the orders that are past their retention. An archive that does not answer now is looked at again when it is used.
 *
 * @throws SettingsError for a place that is no archive, or another cluster's
 */
export async function openArchivedOrders(
  url: string,
  clusterId: string,
  router: ArchiveRouter,
  log: Logger,
): Promise<ArchivedOrders> {
  let archive: ClusterArchive | undefined;
  try {
    archive = await openArchiveOf(url, clusterId, router);
    await archive.check();
    return new ArchivedOrders(archive);
  } catch (error) {
    if (archive !== undefined && !isWrong(error)) {
      log.warn({ reason: (error as Error).message }, 'the archive does not answer now');
      return new ArchivedOrders(archive);
    }
    await archive?.close();
    if (!isWrong(error)) throw error;
    throw new SettingsError([{ setting: 'ORDERSHARD_ARCHIVE_URL', message: error.message }]);
  }
}

/** Whether an error says that the setting is wrong, and not that the archive does not answer. */
function isWrong(error: unknown): error is Error {
  return (
    error instanceof ArchiveMissingError ||
    error instanceof ArchiveForeignError ||
    error instanceof ArchiveUrlError
  );
}
