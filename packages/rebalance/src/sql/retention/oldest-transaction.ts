import type { ShardSession } from '@ordershard/shard-router';

/** A transaction that is open. */
export interface OpenTransactionRow {
  readonly id: string;
  /** `user@host:port`. */
  readonly who: string;
  readonly seconds: string;
}

/** The transaction of another session that is open for longest, by InnoDB's list. Needs PROCESS. */
export async function oldestTransaction(session: ShardSession): Promise<OpenTransactionRow | undefined> {
  const [row] = await session.query<OpenTransactionRow>(
    `SELECT CAST(p.ID AS CHAR) AS id, CONCAT(p.USER, '@', p.HOST) AS who,
            CAST(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS CHAR) AS seconds
       FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
      WHERE t.trx_mysql_thread_id <> CONNECTION_ID()
      ORDER BY t.trx_started LIMIT 1`,
  );
  return row;
}
