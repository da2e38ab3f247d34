import { commonSettings, readSettings, SettingsError } from '@ordershard/process';
import { InvalidArgumentError, Option } from 'commander';
import type { ClusterArchive } from '../archive/cluster-archive.ts';
import { knowsArchive } from '../archive/known-archives.ts';
import { openArchive, openArchiveStore } from '../archive/open-store.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { OperatorCluster } from '../cluster.ts';
import { operatorPath } from '../operator-path.ts';
import { DAY_FORMAT, isDay } from '../retention/days.ts';

/** Where the archive is. */
export const archiveOption = () =>
  new Option('--archive <url>', 'a folder, or s3://bucket/prefix?endpoint=…&region=…').env(
    'ORDERSHARD_ARCHIVE_URL',
  );

/** Reads a UTC day. */
export function dayText(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError(DAY_FORMAT);
}

/** Opens the archive of a cluster that a flag or the environment names. @throws SettingsError when neither does */
export async function requiredArchive(
  url: string | undefined,
  cluster: OperatorCluster,
): Promise<ClusterArchive> {
  return openArchive(required(url), {
    clusterId: cluster.clusterId,
    knows: (id) => knowsArchive(cluster, id),
  });
}

/** Opens the same to be read by those who have no way into the shards. @throws SettingsError, ArchiveForeignError by its name */
export async function readableArchive(url: string | undefined): Promise<ClusterArchive> {
  const { ORDERSHARD_CLUSTER: clusterId } = readSettings(commonSettings, process.env);
  return openArchive(required(url), { clusterId });
}

/** Opens a place that may become an archive. @throws SettingsError when none is named */
export function requiredStore(url: string | undefined): Promise<ArchiveStore> {
  return openArchiveStore(required(url));
}

function required(url: string | undefined): string {
  if (url !== undefined) return url.startsWith('.') ? operatorPath(url) : url;
  throw new SettingsError([
    { setting: 'ORDERSHARD_ARCHIVE_URL', message: 'is not set, and there is no --archive' },
  ]);
}
