import type { ShardSession } from '@ordershard/shard-router';

/** Above this the server shows an address in place of an id: the transaction has not written. */
const FIRST_ADDRESS = 281_474_976_710_656n;

export interface OpenTransactions {
  /** The id of the transaction that looked. */
  readonly own: bigint;
  /** The lowest id open, its own included. */
  readonly oldest: bigint;
}

/**
 * Looks which transactions that write are open, from inside one that has just got its id (for that, an exclusive intent
 * on a table is enough; no row is locked). Undefined when the server answered from its cache: it renews what
 * `innodb_trx` shows only if nobody has asked for 0.1 s, so a busy monitor can keep it old for long. What is shown is of
 * now exactly if it holds this very statement, known by `nonce`. Needs the PROCESS privilege.
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
    const [row] = await session.query<{ own: string | null; oldest: string | null }>(
      `SELECT MAX(IF(trx_mysql_thread_id = CONNECTION_ID() AND LOCATE(?, trx_query) > 0, CAST(trx_id AS UNSIGNED), NULL)) AS own,
              MIN(CAST(trx_id AS UNSIGNED)) AS oldest
         FROM information_schema.innodb_trx WHERE CAST(trx_id AS UNSIGNED) < ?`,
      [nonce, FIRST_ADDRESS],
    );
    if (row?.own == null || row.oldest === null) return undefined;
    return { own: BigInt(row.own), oldest: BigInt(row.oldest) };
  } finally {
    await session.execute('ROLLBACK');
  }
}
