import type { ShardSession } from '@ordershard/shard-router';

/** A text key that was written while its bucket was captured. */
export interface DirtyText {
  readonly seq: string;
  /** The bytes of its UTF-8 as hex. */
  readonly text: string;
}

/** The oldest dirty text keys of a bucket, by index, without a lock: what was committed. */
export async function readDirtyTexts(
  session: ShardSession,
  bucket: number,
  limit: number,
): Promise<readonly DirtyText[]> {
  return session.query<DirtyText>(
    'SELECT seq, LOWER(HEX(text_key)) AS text FROM dirty_texts WHERE bucket = ? ORDER BY seq LIMIT ?',
    [bucket, limit],
  );
}

/** Deletes dirty text keys that were dealt with, by primary key. */
export async function deleteDirtyTexts(session: ShardSession, seqs: readonly string[]): Promise<void> {
  if (seqs.length === 0) return;
  await session.execute(`DELETE FROM dirty_texts WHERE seq IN (${seqs.map(BigInt).join(', ')})`);
}

/** Empties the dirty list of a bucket whose fence is locked, by index. */
export async function clearDirtyTexts(session: ShardSession, bucket: number): Promise<void> {
  await session.execute('DELETE FROM dirty_texts WHERE bucket = ?', [bucket]);
}
