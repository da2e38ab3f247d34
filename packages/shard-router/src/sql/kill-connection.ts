import type { ShardSession } from '../pools/session.ts';

/** A connection as its server lists it. */
export interface ListedConnection {
  readonly id: string;
  /** Address and port of the client. */
  readonly host: string;
  /** What it is at: `Sleep` where it is at nothing. */
  readonly command: string;
}

/** The connections of this user, and of all where it has the right to see them. No table, no lock. */
export async function listConnections(session: ShardSession): Promise<readonly ListedConnection[]> {
  const rows = await session.query<{ Id: string | number; Host: string; Command: string }>(
    'SHOW PROCESSLIST',
  );
  return rows.map(({ Id, Host, Command }) => ({ id: String(Id), host: Host, command: Command }));
}

/** Ends a connection of this user, and its transaction. Needs no right. Locks: gives back those of the transaction. */
export async function killConnection(session: ShardSession, id: string): Promise<void> {
  await session.execute(`KILL CONNECTION ${BigInt(id)}`);
}
