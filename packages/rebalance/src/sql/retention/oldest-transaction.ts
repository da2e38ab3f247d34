import {
  isUnreadableText,
  readOpenTransactions,
  readProcesses,
  type ShardSession,
} from '@ordershard/shard-router';

/** A transaction that is open. */
export interface OldestTransaction {
  /** Of its connection. */
  readonly id: string;
  /** `user@host:port`. */
  readonly who: string;
  readonly seconds: number;
}

/**
 * The transaction of another session that is open for longest. `innodb_trx` tells the server's local time, so it is
 * compared with that. While a text runs for which the table cannot be read, by InnoDB's status, which leaves out
 * transactions that only read. Needs PROCESS.
 */
export async function oldestTransaction(session: ShardSession): Promise<OldestTransaction | undefined> {
  const processes = new Map((await readProcesses(session)).map((process) => [process.id, process]));
  const [oldest] = (await openTransactions(session))
    .flatMap(({ connection, seconds }) => {
      const process = processes.get(connection ?? '');
      return process === undefined
        ? []
        : [{ id: process.id, who: `${process.user}@${process.host}`, seconds }];
    })
    .toSorted((a, b) => b.seconds - a.seconds);
  return oldest;
}

interface Open {
  readonly connection: string | undefined;
  readonly seconds: number;
}

async function openTransactions(session: ShardSession): Promise<readonly Open[]> {
  try {
    const rows = await session.query<{ connection: string; seconds: string }>(
      `SELECT CAST(trx_mysql_thread_id AS CHAR) AS connection,
              CAST(TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS CHAR) AS seconds
         FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()`,
    );
    return rows.map(({ connection, seconds }) => ({ connection, seconds: Math.max(0, Number(seconds)) }));
  } catch (error) {
    if (!isUnreadableText(error)) throw error;
    const [me] = await session.query<{ id: string }>('SELECT CAST(CONNECTION_ID() AS CHAR) AS id');
    return ((await readOpenTransactions(session)) ?? []).filter(({ connection }) => connection !== me!.id);
  }
}
