import { readOpenTransactions, readProcesses, type ShardSession } from '@ordershard/shard-router';

/**
 * Describes a connection with an open transaction: its user, its host, and for how long the transaction has been open.
 * Undefined when the connection has ended. Reads InnoDB's status and the list of sessions; needs the PROCESS privilege.
 */
export async function describeWriter(session: ShardSession, connection: string): Promise<string | undefined> {
  const open = (await readOpenTransactions(session))?.find((one) => one.connection === connection);
  const process = (await readProcesses(session)).find(({ id }) => id === connection);
  if (process === undefined) return undefined;
  const since = open === undefined ? '' : `, open for ${open.seconds} s`;
  const database = process.database === null ? '' : ` in ${process.database}`;
  return `connection ${connection} of ${process.user}@${process.host}${database}${since}`;
}
