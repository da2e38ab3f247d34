import { SettingsError } from '@ordershard/process';
import { Option } from 'commander';
import { openArchiveStore } from '../archive/open-store.ts';
import type { ArchiveStore } from '../archive/store.ts';

/** Where the archive is. */
export const archiveOption = () =>
  new Option('--archive <url>', 'a folder, or s3://bucket/prefix?endpoint=…&region=…').env(
    'ORDERSHARD_ARCHIVE_URL',
  );

/** Opens the archive that a flag or the environment names. @throws SettingsError when neither does */
export async function requiredStore(url: string | undefined): Promise<ArchiveStore> {
  if (url !== undefined) return openArchiveStore(url);
  throw new SettingsError([
    { setting: 'ORDERSHARD_ARCHIVE_URL', message: 'is not set, and there is no --archive' },
  ]);
}
