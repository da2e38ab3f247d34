import type { ShardSession } from '@ordershard/shard-router';

/** The id of a session's connection. */
export async function connectionOf(session: ShardSession): Promise<bigint> {
  const [row] = await session.query<{ id: string }>('SELECT CAST(CONNECTION_ID() AS CHAR) AS id');
  return BigInt(row!.id);
}

/**
 * Ends what another connection of the same user runs if that waits for the metadata lock of a table just now, so that it
 * fails with error 1317. Gives whether it did. No privilege is needed for one's own.
 */
export async function endMetadataWait(session: ShardSession, connection: bigint): Promise<boolean> {
  const waits = await session.query(
    `SELECT 1 AS waits FROM information_schema.PROCESSLIST
      WHERE ID = ? AND STATE LIKE 'Waiting for table metadata lock%'`,
    [connection],
  );
  if (waits.length === 0) return false;
  await session.execute(`KILL QUERY ${connection}`);
  return true;
}

/** A statement that does nothing: if what was to be ended had ended by itself, it is this that fails instead of the next. */
export async function takeTheBlow(session: ShardSession): Promise<void> {
  await session.execute('DO 0').catch(() => undefined);
}
