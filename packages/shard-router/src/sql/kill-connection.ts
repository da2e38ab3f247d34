import type { ShardSession } from '../pools/session.ts';

/** A connection as its server lists it. */
export interface ListedConnection {
  readonly id: string;
  /** Address and port of the client. */
  readonly host: string;
  /** What it is doing: `Sleep` when it does nothing. */
  readonly command: string;
}

/**
 * A connection as both its ends know it. Behind a proxy, or on another server of the same name, the same id belongs to
 * someone else, whose client has another port.
 */
export interface ConnectionEnds {
  readonly id: string;
  /** Of the client. */
  readonly port: number;
}

/** Whether a server lists a connection as this one. */
export function isListedAs({ id, port }: ConnectionEnds, listed: ListedConnection): boolean {
  return listed.id === id && listed.host.endsWith(`:${port}`);
}

/** The connections of this user, and of all where it has the right to see them. No table, no lock. */
export async function listConnections(session: ShardSession): Promise<readonly ListedConnection[]> {
  const rows = await session.query<{ Id: string | number; Host: string; Command: string }>(
    'SHOW PROCESSLIST',
  );
  return rows.map(({ Id, Host, Command }) => ({ id: String(Id), host: Host, command: Command }));
}

/** Ends a connection of this user, and its transaction. Needs no privilege. Locks: releases those of the transaction. */
export async function killConnection(session: ShardSession, id: string): Promise<void> {
  await session.execute(`KILL CONNECTION ${BigInt(id)}`);
}
