import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { TABLES } from '../servers.ts';
import type { HandProducer, HandTable, HandTableOptions } from './hand-table.ts';

/** A table's relay, with the bug of the file that runs it or without. */
export type HandTableClass = new (options: HandTableOptions) => HandTable;

/** Runs a relay of all tables by hand as this process, with the settings of the product's own. */
export function runHandRelay(Table: HandTableClass): void {
  const settings = process.env as Record<string, string>;
  const brokers = settings['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  const tables = settings['ORDERSHARD_MYSQL_URLS']!.split(',').flatMap((url) =>
    TABLES.map(
      (table) =>
        new Table({
          url,
          table,
          holder: settings['ORDERSHARD_INSTANCE_ID']!,
          topic: `${settings['ORDERSHARD_TOPIC_PREFIX']}orders.snapshots`,
          source: `/ordershard/${settings['ORDERSHARD_CLUSTER']}/orders`,
          connect: () => producerOf(brokers),
        }),
    ),
  );
  for (const table of tables) void table.run();
  const server = createServer((_, response) => {
    response.writeHead(tables.some(({ failing }) => failing) ? 503 : 200).end();
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
  });
}

function producerOf(brokers: readonly string[]): HandProducer {
  return new Producer({
    clientId: 'hand-relay',
    bootstrapBrokers: [...brokers],
    serializers: stringSerializers,
    acks: -1,
    retries: 0,
    connectTimeout: 1_000,
    requestTimeout: 2_000,
  });
}
