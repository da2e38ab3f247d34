import { migrate } from '@ordershard/order-service';
import { ORDERS_TOPIC, outboxTablesOf } from '@ordershard/outbox';
import { shardsFromUrls } from '@ordershard/shard-router';
import { type MysqlFlavour, type ServerHandle, startStack } from '@ordershard/stack';
import { withPlain } from '../connect.ts';

export const CLUSTER = 'faults';
const SHARDS = 2;

/** The outbox tables of each shard. */
export const TABLES: readonly string[] = outboxTablesOf(ORDERS_TOPIC);

/** The servers of a relay. */
export interface Servers {
  /** Of the MySQL servers themselves, position = shard id. */
  readonly urls: readonly string[];
  /** Position = shard id. */
  readonly shards: readonly ServerHandle[];
  /** `host:port` of the broker itself. */
  readonly brokers: string;
  readonly broker: ServerHandle;
  end(): Promise<void>;
}

/** Starts MySQL servers and a broker, which end with this process, and makes the first the shards of an order store. */
export async function startServers(
  mysql: MysqlFlavour | undefined,
  progress: (message: string) => void,
): Promise<Servers> {
  // Never the user's own servers: faults are done to these.
  const {
    ORDERSHARD_MYSQL_URLS: _,
    ORDERSHARD_MYSQL_READER_URLS: __,
    ORDERSHARD_KAFKA_BROKERS: ___,
    ...env
  } = process.env;
  const stack = await startStack({
    ephemeral: true,
    env,
    parts: ['mysql', 'kafka'],
    shards: SHARDS,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const urls = stack.env['ORDERSHARD_MYSQL_URLS']!.split(',');
    await migrate(CLUSTER, shardsFromUrls(urls));
    return {
      urls,
      shards: [...urls.keys()].map((shard) => stack.part(`mysql-${shard}`)),
      brokers: stack.env['ORDERSHARD_KAFKA_BROKERS']!,
      broker: stack.part('kafka'),
      end: () => stack.stop(),
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Removes every event and all that is known of who relays what. */
export async function emptyOutbox(urls: readonly string[]): Promise<void> {
  await withPlain(urls, async (connections) => {
    for (const connection of connections) {
      await connection.query('SET @ordershard_bucket = -1');
      for (const table of [...TABLES, 'outbox_relays']) await connection.query(`DELETE FROM ${table}`);
    }
  });
}
