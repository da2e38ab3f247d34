import type { ShardSession } from '@ordershard/shard-router';

/** An archive that a shard's rows have gone to, or may go to. */
export interface ArchiveRow {
  readonly archive_id: string;
  /** Where it was when it was noted. */
  readonly url: string;
}

/** The archives that a shard knows. None where the table is not there: the shard was not migrated yet. No lock. */
export async function readArchives(session: ShardSession): Promise<readonly ArchiveRow[]> {
  return session
    .query<ArchiveRow>('SELECT archive_id, url FROM archives ORDER BY noted_at, archive_id')
    .catch((error: { errno?: number }) => {
      if (error.errno !== 1146) throw error;
      return [];
    });
}

/** Notes an archive; one that is noted gets the newer place. Locks its row, by primary key. */
export async function insertArchive(session: ShardSession, id: string, url: string): Promise<void> {
  await session.execute(
    `INSERT INTO archives (archive_id, url, noted_at) VALUES (?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE url = ?`,
    [id, url, url],
  );
}

/** Forgets an archive, by primary key, and gives how many there were. */
export async function deleteArchive(session: ShardSession, id: string): Promise<number> {
  return (await session.execute('DELETE FROM archives WHERE archive_id = ?', [id])).affectedRows;
}
