import type { Connection } from 'mysql2/promise';
import { connectPlain } from '../../connect.ts';

/** What a shard answers a transaction that its fences do not let pass. */
export const FENCED_OFF = 20_001;

/** Calls `fn` with a session that fences its writes itself, as a mover's sessions do. */
export async function asMover<T>(url: string, fn: (session: Connection) => Promise<T>): Promise<T> {
  const session = await connectPlain(url);
  try {
    await session.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await session.query('SET @ordershard_bucket = -1, @ordershard_key_bucket = -1');
    return await fn(session);
  } finally {
    session.destroy();
  }
}

/** Sets the fence of a bucket of numbers, in its newest range. Waits for transactions that hold it. */
export async function setFence(
  session: Connection,
  bucket: number,
  state: 'owned' | 'frozen' | 'moved',
  nextOwner: number | null = null,
): Promise<void> {
  await session.query(
    'UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
    [state, nextOwner, bucket],
  );
}

/** Sets the fence of a bucket of keys. */
export async function setKeyFence(
  session: Connection,
  bucket: number,
  state: 'owned' | 'frozen',
): Promise<void> {
  await session.query('UPDATE key_fences SET state = ?, generation = generation + 1 WHERE bucket = ?', [
    state,
    bucket,
  ]);
}
