import type { ShardSession } from '../pools/session.ts';

/**
 * Ends the statement that another session runs, and leaves the session as it is. A session that runs none is not touched.
 * Every user may do that to its own sessions.
 *
 * @param id the result of CONNECTION_ID() in that session
 */
export async function interruptSession(session: ShardSession, id: string): Promise<void> {
  await session.execute(`KILL QUERY ${BigInt(id)}`);
}
