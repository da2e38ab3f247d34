import type { ShardSession } from '@ordershard/shard-router';

/** A number that was written while its bucket was captured. */
export interface DirtyNumber {
  readonly seq: string;
  readonly number: string;
}

/** The oldest dirty numbers of a bucket, by index, without a lock: what was committed. */
export async function readDirty(
  session: ShardSession,
  bucket: number,
  limit: number,
): Promise<readonly DirtyNumber[]> {
  return session.query<DirtyNumber>(
    'SELECT seq, number FROM dirty_numbers WHERE bucket = ? ORDER BY seq LIMIT ?',
    [bucket, limit],
  );
}

/** Deletes dirty numbers that were dealt with, by primary key. */
export async function deleteDirty(session: ShardSession, seqs: readonly string[]): Promise<void> {
  if (seqs.length === 0) return;
  await session.execute(`DELETE FROM dirty_numbers WHERE seq IN (${seqs.map(BigInt).join(', ')})`);
}

/** Empties the dirty list of a bucket whose fence is locked, by index. */
export async function clearDirty(session: ShardSession, bucket: number): Promise<void> {
  await session.execute('DELETE FROM dirty_numbers WHERE bucket = ?', [bucket]);
}
