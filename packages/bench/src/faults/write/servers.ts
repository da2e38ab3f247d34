import { migrate } from '@ordershard/order-service';
import { shardsFromUrls } from '@ordershard/shard-router';
import { type MysqlFlavour, type ServerHandle, startStack } from '@ordershard/stack';
import { OUTBOX_TABLES } from './check/check.ts';
import { withPlain } from '../connect.ts';

/** The tables that hold orders. */
const TABLES = ['orders', 'order_items', 'applied_units', 'idempotency_keys', ...OUTBOX_TABLES];

export const CLUSTER = 'faults';
const SHARDS = 2;

/** The servers of an order store. */
export interface Servers {
  /** Position = shard id. */
  readonly urls: readonly string[];
  /** Servers that can be killed, position = shard id; none when others use these servers too. */
  readonly handles: readonly ServerHandle[];
  end(): Promise<void>;
}

/** Starts MySQL servers, which end with this process, and makes them the shards of an order store. */
export async function startServers(
  mysql: MysqlFlavour | undefined,
  progress: (message: string) => void,
): Promise<Servers> {
  // Never the user's own servers: faults are done to these.
  const { ORDERSHARD_MYSQL_URLS: _, ORDERSHARD_MYSQL_READER_URLS: __, ...env } = process.env;
  const stack = await startStack({
    ephemeral: true,
    env,
    parts: ['mysql'],
    shards: SHARDS,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const urls = stack.env['ORDERSHARD_MYSQL_URLS']!.split(',');
    await makeStore(urls);
    return {
      urls,
      handles: [...urls.keys()].map((shard) => stack.part(`mysql-${shard}`)),
      end: () => stack.stop(),
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Removes every order from every shard, whichever shard owns it. */
export async function emptyStore(urls: readonly string[]): Promise<void> {
  await withPlain(urls, async (connections) => {
    for (const connection of connections) {
      await connection.query('SET @ordershard_bucket = -1, @ordershard_key_bucket = -1');
      for (const table of TABLES) await connection.query(`DELETE FROM ${table}`);
    }
  });
}

/** Makes databases the shards of an order store. */
export async function makeStore(urls: readonly string[]): Promise<void> {
  await migrate(CLUSTER, shardsFromUrls(urls));
}
