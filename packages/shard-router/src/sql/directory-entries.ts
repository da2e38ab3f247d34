import type { ShardSession } from '../pools/session.ts';

/** A key's entry in a directory. */
export interface DirectoryEntry {
  /** UTF-8. */
  readonly entry_key: Buffer;
  readonly shard: number;
}

/** Reads the entries of some keys, by primary key, without locks. A long list must not become a scan. */
export async function readDirectoryEntries(
  session: ShardSession,
  keys: readonly Buffer[],
): Promise<DirectoryEntry[]> {
  return session.query<DirectoryEntry>(
    `SELECT entry_key, shard FROM directory_entries FORCE INDEX (PRIMARY)
      WHERE entry_key IN (${keys.map(() => '?').join(', ')})`,
    keys,
  );
}

/** Reads the entries after a key in the order of their bytes, at most `limit`: a range of the primary key. */
export async function readDirectoryAfter(
  session: ShardSession,
  after: Buffer,
  limit: number,
): Promise<DirectoryEntry[]> {
  return session.query<DirectoryEntry>(
    'SELECT entry_key, shard FROM directory_entries WHERE entry_key > ? ORDER BY entry_key LIMIT ?',
    [after, limit],
  );
}

/** Makes the entry of a key unless it has one: an exclusive lock on one row, by primary key. */
export async function insertDirectoryEntry(session: ShardSession, key: Buffer, shard: number): Promise<void> {
  await session.execute(
    `INSERT INTO directory_entries (entry_key, shard) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE directory_entries.shard = directory_entries.shard`,
    [key, shard],
  );
}

/** Moves a key to another shard if it is on the expected one: one row, by primary key. Returns false when it is not. */
export async function moveDirectoryEntry(
  session: ShardSession,
  key: Buffer,
  from: number,
  to: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    'UPDATE directory_entries SET shard = ? WHERE entry_key = ? AND shard = ?',
    [to, key, from],
  );
  return affectedRows === 1;
}
