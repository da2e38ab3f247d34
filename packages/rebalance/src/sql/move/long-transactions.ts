import {
  isUnreadableText,
  readOpenTransactions,
  readProcesses,
  type ShardSession,
} from '@ordershard/shard-router';
import type { MoveKind } from '../../move/move-plan.ts';
import { TABLE } from './fences.ts';

/** A transaction that may hold a fence. */
export interface OpenTransaction {
  readonly transaction_id: string;
  readonly connection_id: string;
}

/** Whether the server keeps account of who holds which lock. */
export async function hasLockInstruments(session: ShardSession): Promise<boolean> {
  const [row] = await session.query<{ Value: string }>(`SHOW GLOBAL VARIABLES LIKE 'performance_schema'`);
  return row?.Value === 'ON';
}

/** The transactions that hold a fence of a bucket, by the server's account of locks. */
export async function holdersOfFence(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
): Promise<readonly OpenTransaction[]> {
  return session.query<OpenTransaction>(
    `SELECT DISTINCT CAST(l.ENGINE_TRANSACTION_ID AS CHAR) AS transaction_id, CAST(h.PROCESSLIST_ID AS CHAR) AS connection_id
       FROM performance_schema.data_locks l
       JOIN performance_schema.threads h ON h.THREAD_ID = l.THREAD_ID
      WHERE l.OBJECT_SCHEMA = DATABASE() AND l.OBJECT_NAME = ? AND l.LOCK_TYPE = 'RECORD' AND l.LOCK_STATUS = 'GRANTED'
        AND l.LOCK_DATA LIKE ? AND h.PROCESSLIST_ID <> CONNECTION_ID()`,
    [TABLE[kind].name, kind === 'texts' ? String(bucket) : `${bucket},%`],
  );
}

/**
 * The transactions of this database that hold any row, where the server does not say which rows. Needs the PROCESS
 * privilege.
 */
export async function holdersOfRows(session: ShardSession): Promise<readonly OpenTransaction[]> {
  try {
    return await session.query<OpenTransaction>(
      `SELECT CAST(t.trx_id AS CHAR) AS transaction_id, CAST(t.trx_mysql_thread_id AS CHAR) AS connection_id
         FROM information_schema.innodb_trx t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
        WHERE p.DB = DATABASE() AND t.trx_rows_locked > 0 AND t.trx_mysql_thread_id <> CONNECTION_ID()`,
    );
  } catch (error) {
    if (!isUnreadableText(error)) throw error;
    return holdersByStatus(session);
  }
}

/** The same from InnoDB's status, while a text that runs keeps the lists from being read. */
async function holdersByStatus(session: ShardSession): Promise<readonly OpenTransaction[]> {
  const [here] = await session.query<{ name: string; id: string }>(
    'SELECT DATABASE() AS name, CAST(CONNECTION_ID() AS CHAR) AS id',
  );
  const ofDatabase = new Set(
    (await readProcesses(session))
      .filter(({ id, database }) => database === here!.name && id !== here!.id)
      .map(({ id }) => id),
  );
  return ((await readOpenTransactions(session)) ?? []).flatMap(({ id, connection, rowLocks }) =>
    rowLocks > 0 && connection !== undefined && ofDatabase.has(connection)
      ? [{ transaction_id: id.toString(), connection_id: connection }]
      : [],
  );
}

/** Ends a connection, and so the transaction on it. One of another user needs the right to end those. */
export async function endConnection(session: ShardSession, connectionId: string): Promise<void> {
  await session.execute(`KILL ${BigInt(connectionId)}`).catch((error: unknown) => {
    // It has ended by itself.
    if ((error as { readonly errno?: number }).errno !== 1094) throw error;
  });
}
