import type { ClusterArchive } from './cluster-archive.ts';
import { checkArchive, initArchive, type InitCluster } from './init-archive.ts';
import { knowsArchive } from './known-archives.ts';
import { openArchive, openArchiveStore } from './open-store.ts';

/**
 * Makes a place the archive of a cluster, unless it is that already, and opens it: what `archive init` does, for programs.
 *
 * @param by who does it
 * @throws ArchiveUrlError; and as `checkArchive` and `initArchive` do
 */
export async function makeArchive(url: string, cluster: InitCluster, by: string): Promise<ClusterArchive> {
  const store = await openArchiveStore(url);
  try {
    await initArchive(await checkArchive(store, cluster, false), cluster, by);
  } finally {
    await store.close();
  }
  return openArchive(url, { clusterId: cluster.clusterId, knows: (id) => knowsArchive(cluster, id) });
}
