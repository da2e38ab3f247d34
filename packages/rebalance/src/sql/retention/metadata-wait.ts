import { readProcesses, type ShardSession } from '@ordershard/shard-router';

/** What DDL waits for: those who use its table, or a backup, which keeps all definitions of the server as they are. */
export type DdlWait = 'table' | 'backup';

/** The id of a session's connection. */
export async function connectionOf(session: ShardSession): Promise<bigint> {
  const [row] = await session.query<{ id: string }>('SELECT CAST(CONNECTION_ID() AS CHAR) AS id');
  return BigInt(row!.id);
}

/**
 * Ends what another connection of the same user runs if that waits just now for the metadata lock of a table, or for a
 * backup, so that it fails with error 1317. Gives what it waited for. No privilege is needed for one's own.
 */
export async function endMetadataWait(
  session: ShardSession,
  connection: bigint,
): Promise<DdlWait | undefined> {
  const process = (await readProcesses(session)).find(({ id }) => id === String(connection));
  const wait = waitOf(process?.state ?? '');
  if (wait !== undefined) await session.execute(`KILL QUERY ${connection}`);
  return wait;
}

function waitOf(state: string): DdlWait | undefined {
  if (state.startsWith('Waiting for table metadata lock')) return 'table';
  return state.startsWith('Waiting for backup lock') ? 'backup' : undefined;
}

/** A statement that does nothing: if what was to be ended had ended by itself, it is this that fails instead of the next. */
export async function takeTheBlow(session: ShardSession): Promise<void> {
  await session.execute('DO 0').catch(() => undefined);
}
