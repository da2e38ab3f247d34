import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';

const CONNECT_TIMEOUT_MS = 3_000;

/** Opens a connection for the time of one callback. */
export async function withConnection<T>(
  url: string,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS });
  // A server that is killed during a query must not end this process with an unhandled 'error'.
  connection.on('error', () => undefined);
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}

/** One row of a query without parameters. */
export async function oneRow(connection: Connection, sql: string): Promise<RowDataPacket> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  const row = rows[0];
  if (row === undefined) throw new ServerStartError(`no row from: ${sql}`);
  return row;
}

/** Throws unless the server answers, and answers for the intended data folder. Reads no table. */
export async function checkMysql(record: ServerRecord): Promise<void> {
  await withConnection(record.url, async (connection) => {
    const { datadir } = await oneRow(connection, 'SELECT @@datadir AS datadir');
    if (record.identity !== undefined && datadir !== record.identity) {
      throw new ServerStartError(`${record.url} answers for ${datadir}, not for ${record.identity}`);
    }
  });
}
