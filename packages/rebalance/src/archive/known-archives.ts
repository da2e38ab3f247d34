import type { ShardSession } from '@ordershard/shard-router';
import { type ArchiveRow, readArchives } from '../sql/archives.ts';

/** A way into shards. */
export interface ArchiveShards {
  readonly shards: readonly number[];
  readonly onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;
}

/** The archives that shards know, and what those failed with that could not be asked. */
export interface KnownArchives {
  readonly archives: readonly ArchiveRow[];
  readonly failures: readonly unknown[];
}

/** Asks shards which archives they know; each archive is told once. Goes on past shards that cannot be asked. */
export async function knownArchives({ shards, onShard }: ArchiveShards): Promise<KnownArchives> {
  const answers = await Promise.allSettled(shards.map((shard) => onShard(shard, readArchives)));
  const archives = new Map<string, ArchiveRow>();
  const failures: unknown[] = [];
  for (const answer of answers) {
    if (answer.status === 'rejected') failures.push(answer.reason);
    else for (const row of answer.value) archives.set(row.archive_id, row);
  }
  return { archives: [...archives.values()], failures };
}

/**
 * Whether any of some shards knows an archive by its id.
 *
 * @throws what a shard failed with that could not be asked, where none of the others knows it
 */
export async function knowsArchive(shards: ArchiveShards, archiveId: string): Promise<boolean> {
  const { archives, failures } = await knownArchives(shards);
  if (archives.some(({ archive_id: id }) => id === archiveId)) return true;
  if (failures.length > 0) throw failures[0];
  return false;
}
