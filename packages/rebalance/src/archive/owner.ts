import { z } from 'zod';
import { ArchiveDamagedError } from './errors.ts';
import type { ArchiveStore } from './store.ts';

const owner = z.object({
  format: z.literal(1),
  /** Tells this archive from every other, whatever the names of the clusters are. */
  archive: z.uuid(),
  cluster: z.string(),
  madeBy: z.string(),
  /** RFC 3339 UTC. */
  madeAt: z.string(),
});

/** Whose an archive is: what lies at its root, put there once. */
export type ArchiveOwner = z.infer<typeof owner>;

/** The key of what says whose an archive is. */
export const OWNER_KEY = 'archive.json';

export function encodeOwner(value: ArchiveOwner): string {
  return JSON.stringify(value);
}

/** Reads whose an archive is; undefined where nothing says so. @throws ArchiveDamagedError, ArchiveUnavailableError */
export async function readOwner(store: ArchiveStore): Promise<ArchiveOwner | undefined> {
  const text = await store.getText(OWNER_KEY);
  if (text === undefined) return undefined;
  try {
    return owner.parse(JSON.parse(text));
  } catch (cause) {
    throw new ArchiveDamagedError(`${OWNER_KEY} in ${store.url} does not say whose the archive is`, {
      cause,
    });
  }
}
