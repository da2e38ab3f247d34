import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArchiveUrlError } from './errors.ts';
import { type ArchiveCluster, ClusterArchive } from './cluster-archive.ts';
import { FolderStore } from './folder-store.ts';
import type { ArchiveStore } from './store.ts';

/**
 * Opens the archive of a cluster by its URL. Whose it is, is looked at when it is first used, and before each write.
 *
 * @throws ArchiveUrlError
 */
export async function openArchive(url: string, cluster: ArchiveCluster): Promise<ClusterArchive> {
  return new ClusterArchive(await openArchiveStore(url), cluster);
}

/**
 * Opens the place of an archive, whoever it is of, by its URL: a folder (`/var/archive`, `file:///var/archive`), or a
 * bucket of an S3-compatible store (`s3://bucket/prefix`, with `?endpoint=http://…` for one that is not Amazon's and
 * `?region=…`).
 *
 * @throws ArchiveUrlError
 */
export async function openArchiveStore(text: string): Promise<ArchiveStore> {
  if (text.startsWith('/') || text.startsWith('.')) return new FolderStore(resolve(text));
  const url = URL.parse(text);
  if (url?.protocol === 'file:') return new FolderStore(fileURLToPath(url));
  if (url?.protocol === 's3:' && url.hostname !== '') {
    const unknown = [...url.searchParams.keys()].find((name) => name !== 'endpoint' && name !== 'region');
    if (unknown !== undefined)
      throw new ArchiveUrlError(`an archive's URL has no ${unknown}: it knows endpoint and region`);
    // Loaded when it is asked for: whoever archives into a folder has no use for the SDK.
    const { S3Store } = await import('./s3-store.ts');
    const prefix = prefixOf(url);
    return new S3Store({
      bucket: url.hostname,
      prefix: prefix === '' ? '' : `${prefix}/`,
      endpoint: url.searchParams.get('endpoint') ?? undefined,
      region: url.searchParams.get('region') ?? undefined,
    });
  }
  throw new ArchiveUrlError(
    `${text.split('?')[0]} is no archive: a path, file:///path or s3://bucket/prefix?endpoint=…&region=…`,
  );
}

function prefixOf(url: URL): string {
  try {
    return decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  } catch (cause) {
    throw new ArchiveUrlError(
      `${url.pathname} is no prefix of an archive: a % stands before two hex digits`,
      {
        cause,
      },
    );
  }
}
