import { deleteArchive, readArchives } from '../sql/archives.ts';
import { ArchiveRefusedError } from './errors.ts';
import type { ArchiveShards } from './known-archives.ts';

/** An archive that some shards know. */
export interface ForgettableArchive {
  readonly id: string;
  /** Where it was, as the first of them noted it. */
  readonly url: string;
  readonly shards: readonly number[];
}

/**
 * Looks which shards know an archive. Changes nothing.
 *
 * @throws ArchiveRefusedError when none does, naming those that are known
 */
export async function checkForget(
  { shards, onShard }: ArchiveShards,
  id: string,
): Promise<ForgettableArchive> {
  const known = await Promise.all(
    shards.map(async (shard) => ({ shard, archives: await onShard(shard, readArchives) })),
  );
  const those = known.flatMap(({ shard, archives }) =>
    archives.filter((row) => row.archive_id === id).map(({ url }) => ({ shard, url })),
  );
  const [first] = those;
  if (first !== undefined) return { id, url: first.url, shards: those.map(({ shard }) => shard) };
  const others = new Set(
    known.flatMap(({ archives }) => archives.map(({ archive_id: other, url }) => `${other} (${url})`)),
  );
  throw new ArchiveRefusedError(
    `no shard knows an archive ${id}; ${others.size === 0 ? 'none is known' : `known are ${[...others].join(', ')}`}`,
  );
}

/** Lets shards forget an archive; gives how many did. */
export async function forgetArchive(
  { onShard }: ArchiveShards,
  { id, shards }: ForgettableArchive,
): Promise<number> {
  let forgotten = 0;
  for (const shard of shards) forgotten += await onShard(shard, (session) => deleteArchive(session, id));
  return forgotten;
}
