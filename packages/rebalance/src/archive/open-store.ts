import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArchiveUrlError } from './errors.ts';
import { FolderStore } from './folder-store.ts';
import type { ArchiveStore } from './store.ts';

/**
 * Opens an archive by its URL: a folder (`/var/archive`, `file:///var/archive`), or a bucket of an S3-compatible store
 * (`s3://bucket/prefix`, with `?endpoint=http://…` for one that is not Amazon's and `?region=…`).
 *
 * @throws ArchiveUrlError
 */
export async function openArchiveStore(text: string): Promise<ArchiveStore> {
  if (text.startsWith('/') || text.startsWith('.')) return new FolderStore(resolve(text));
  const url = URL.parse(text);
  if (url?.protocol === 'file:') return new FolderStore(fileURLToPath(url));
  if (url?.protocol === 's3:' && url.hostname !== '') {
    // Loaded when it is asked for: whoever archives into a folder has no use for the SDK.
    const { S3Store } = await import('./s3-store.ts');
    const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
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
