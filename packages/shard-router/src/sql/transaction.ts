import type { ShardSession } from '../pools/session.ts';

/** Runs `fn` in a read-write transaction of an operator's session: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(session: ShardSession, fn: () => Promise<T>): Promise<T> {
  await session.execute('START TRANSACTION READ WRITE');
  try {
    const result = await fn();
    await session.execute('COMMIT');
    return result;
  } catch (error) {
    // When the connection is gone, so is the transaction.
    await session.execute('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
