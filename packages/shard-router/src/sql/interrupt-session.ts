import type { ShardSession } from '../pools/session.ts';

/**
 * Ends the statement that another session is at, and leaves the session as it is. A session that is at none is not touched.
 * Every user may do that to sessions of its own.
 *
 * @param id as CONNECTION_ID() gives it in that session
 */
export async function interruptSession(session: ShardSession, id: string): Promise<void> {
  await session.execute(`KILL QUERY ${BigInt(id)}`);
}
