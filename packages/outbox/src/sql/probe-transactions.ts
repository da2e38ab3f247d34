import { isUnreadableText, readOpenTransactions, type ShardSession } from '@ordershard/shard-router';

/** From this number on, the server shows an address instead of an id: the transaction has not written. */
const FIRST_ADDRESS = 281_474_976_710_656n;

export interface OpenTransactions {
  /** The id of the transaction that looked. */
  readonly own: bigint;
  /** The lowest id open, its own included. */
  readonly oldest: bigint;
  /** Connection of the oldest, decimal text, where the server says. */
  readonly connection: string | undefined;
}

/**
 * Reads which writing transactions are open, from inside a transaction that has just got its own id (an exclusive intent on a
 * table is enough for that; no row is locked). The server refreshes `innodb_trx` only when nobody has read it for 0.1 s, so a
 * busy monitor can keep it old for long. Its content is current exactly if it contains this very statement, recognised by
 * `nonce`. Otherwise the probe reads InnoDB's status, which is always current. Undefined when that does not list all. Needs
 * the PROCESS privilege.
 *
 * MIN over a scan of innodb_trx, which lists every open transaction (up to about 16 MB of them).
 */
export async function probeTransactions(
  session: ShardSession,
  nonce: string,
): Promise<OpenTransactions | undefined> {
  await session.execute('START TRANSACTION READ WRITE');
  try {
    await session.query(`SELECT token FROM outbox_relays WHERE table_name = '' FOR UPDATE`);
    const listed = await listTransactions(session, nonce).catch((error: unknown) => {
      if (!isUnreadableText(error)) throw error;
      return undefined;
    });
    return listed ?? (await transactionsByStatus(session));
  } finally {
    await session.execute('ROLLBACK');
  }
}

async function listTransactions(session: ShardSession, nonce: string): Promise<OpenTransactions | undefined> {
  const [row] = await session.query<{ own: string | null; oldest: string | null }>(
    `SELECT MAX(IF(trx_mysql_thread_id = CONNECTION_ID() AND LOCATE(?, trx_query) > 0, CAST(trx_id AS UNSIGNED), NULL)) AS own,
            MIN(CONCAT(LPAD(trx_id, 20, '0'), ':', trx_mysql_thread_id)) AS oldest
       FROM information_schema.innodb_trx WHERE CAST(trx_id AS UNSIGNED) < ?`,
    [nonce, FIRST_ADDRESS],
  );
  if (row?.own == null || row.oldest === null) return undefined;
  const [oldest, connection] = row.oldest.split(':');
  return { own: BigInt(row.own), oldest: BigInt(oldest!), connection };
}

/** The same from InnoDB's status. */
async function transactionsByStatus(session: ShardSession): Promise<OpenTransactions | undefined> {
  const [me] = await session.query<{ id: string }>('SELECT CAST(CONNECTION_ID() AS CHAR) AS id');
  const writing = (await readOpenTransactions(session))?.filter(({ id }) => id < FIRST_ADDRESS);
  const own = writing?.find(({ connection }) => connection === me!.id);
  if (writing === undefined || own === undefined) return undefined;
  const oldest = writing.reduce((first, one) => (one.id < first.id ? one : first), own);
  return { own: own.id, oldest: oldest.id, connection: oldest.connection };
}
