import type { Connection, RowDataPacket } from 'mysql2/promise';
import { until } from '../../until.ts';
import type { Journal } from '../journal.ts';
import { Comparison } from './comparison.ts';
import { withPlain } from '../../connect.ts';
import type { Findings } from '../../findings.ts';
import { Ownership } from './ownership.ts';
import { itemRows, keyRows, orderRows, outboxRows, unitRows } from './rows.ts';

/** The tables that the outbox of orders is split into. */
export const OUTBOX_TABLES = [0, 1, 2, 3].map((index) => `outbox_orders_${index}`);

/**
 * Reads all rows of all shards and compares them with the requests and their answers. Nothing may be under way.
 *
 * @param urls of the servers themselves, position = shard id
 */
export async function check(urls: readonly string[], journal: Journal, findings: Findings): Promise<void> {
  await withPlain(urls, async (connections) => {
    for (const connection of connections) await atRest(connection);
    const comparison = new Comparison(journal, await Ownership.read(connections), findings);
    for (const [shard, connection] of connections.entries()) {
      for await (const row of orderRows(connection)) comparison.order(shard, row);
      for await (const row of itemRows(connection)) comparison.item(shard, row);
      for await (const row of keyRows(connection)) comparison.key(shard, row);
      for await (const row of unitRows(connection)) comparison.unit(shard, row);
      for (const table of OUTBOX_TABLES)
        for await (const row of outboxRows(connection, table)) comparison.event(shard, table, row);
    }
    comparison.finish();
  });
}

/**
 * Waits until a server runs no statement: statements of clients that are gone may still run. A session that sleeps changes
 * nothing, even in a transaction: every client that could go on with it has answered everything.
 */
async function atRest(connection: Connection): Promise<void> {
  await until('the server to be at rest', async () => {
    // A read of the table of processes fails while some texts run.
    const [processes] = await connection.query<RowDataPacket[]>('SHOW PROCESSLIST');
    const { database } = connection.config;
    return !processes.some(
      ({ Id, db, Command }) => db === database && Number(Id) !== connection.threadId && Command !== 'Sleep',
    );
  });
}
