import type { ShardSession } from '../pools/session.ts';

/** A transaction that InnoDB has open. */
export interface OpenTransaction {
  /** Its id. From 2^48 on it is an address in place of an id, because the transaction has not written. */
  readonly id: bigint;
  /** The connection that it is of, decimal text; undefined of one that is shown twice, or of none. */
  readonly connection: string | undefined;
  /** How long it is open. */
  readonly seconds: number;
  /** How many rows it has locked. */
  readonly rowLocks: number;
}

/** A session of the server. */
export interface ServerProcess {
  /** Decimal text. */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly database: string | null;
  readonly state: string | null;
}

/**
 * Whether a server failed to answer because of a statement that runs. MySQL fails each read of `innodb_trx` and of
 * `information_schema.PROCESSLIST`, whatever is read of it, while a text with a character of four bytes, such as an emoji, is
 * under way.
 */
export function isUnreadableText(error: unknown): boolean {
  return (error as { readonly errno?: number }).errno === 3854;
}

/**
 * Reads the open transactions from InnoDB's status, which always shows the present and which no text can break. It is some
 * hundred kilobytes long on a busy server: use it when `innodb_trx` cannot be read. Returns undefined when the server shows
 * only a part of the transactions. Needs the PROCESS privilege.
 */
export async function readOpenTransactions(
  session: ShardSession,
): Promise<readonly OpenTransaction[] | undefined> {
  const [row] = await session.query<{ Status: string }>('SHOW ENGINE INNODB STATUS');
  return openTransactionsIn(row!.Status);
}

/** Returns the sessions of the server. Unlike a read of the table of sessions, it does not fail because of what they run. */
export async function readProcesses(session: ShardSession): Promise<readonly ServerProcess[]> {
  const rows = await session.query<Record<string, string | null>>('SHOW PROCESSLIST');
  return rows.map(({ Id, User, Host, db, State }) => ({
    id: String(Id),
    user: User ?? '',
    host: Host ?? '',
    database: db ?? null,
    state: State ?? null,
  }));
}

const BEGIN = 'LIST OF TRANSACTIONS FOR EACH SESSION:';
const CUT = '... truncated...';
const HEAD = /^---TRANSACTION (\d+), (?!not started)(?:.*?(\d+) sec)?/;

/**
 * Returns the transactions in a status of InnoDB. The texts of running statements stand among its lines and may look like
 * such lines: then the result has too many transactions, but never too few.
 */
export function openTransactionsIn(status: string): readonly OpenTransaction[] | undefined {
  const begin = status.indexOf(BEGIN);
  if (begin < 0 || status.includes(CUT)) return undefined;
  const found: {
    id: bigint;
    seconds: number;
    connection?: string | undefined;
    rowLocks?: number;
  }[] = [];
  let open = false;
  for (const line of status.slice(begin).split('\n')) {
    if (line.startsWith('---TRANSACTION ')) {
      const head = HEAD.exec(line);
      open = head !== null;
      if (head !== null) found.push({ id: BigInt(head[1]!), seconds: Number(head[2] ?? 0) });
      continue;
    }
    const last = found.at(-1);
    if (!open || last === undefined) continue;
    last.connection ??= /^MySQL thread id (\d+),/.exec(line)?.[1];
    const locks = /, (\d+) row lock\(s\)/.exec(line)?.[1];
    if (locks !== undefined) last.rowLocks ??= Number(locks);
  }
  return found.map(({ id, connection, seconds, rowLocks = 0 }) => {
    const alone = found.filter((other) => other.connection === connection).length === 1;
    return { id, connection: alone ? connection : undefined, seconds, rowLocks };
  });
}
