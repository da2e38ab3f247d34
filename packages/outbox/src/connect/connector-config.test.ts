import { expect, test } from '@jest/globals';
import { connectorConfig, connectorName, type ConnectorSpec, serverId } from './connector-config.ts';

const spec: ConnectorSpec = {
  name: 'p.eats.shard-0.outbox_orders_0',
  mysqlUrl: 'mysql://dbz:s%40cret@db.example:3307/my_orders',
  tables: [
    {
      table: 'outbox_orders_0',
      settledId: 9_007_199_254_740_993n,
      gaps: [
        { first: 3n, last: 5n },
        { first: 9n, last: 9n },
      ],
    },
    { table: 'outbox_orders_1', settledId: 0n, gaps: [] },
  ],
  brokers: ['k1:9092', 'k2:9092'],
  topic: 'p.orders.snapshots',
  topicPrefix: 'p.',
  replication: 3,
  source: '/ordershard/eats/orders',
};

test('the snapshot takes what is not published, in the order of the ids', () => {
  const config = connectorConfig(spec);
  expect(config['snapshot.select.statement.overrides']).toBe(
    'my_orders.outbox_orders_0,my_orders.outbox_orders_1',
  );
  expect(config['snapshot.select.statement.overrides.my_orders.outbox_orders_0']).toBe(
    'SELECT * FROM `my_orders`.`outbox_orders_0` FORCE INDEX (PRIMARY) WHERE id BETWEEN 3 AND 5 OR id = 9 OR id > 9007199254740993 ORDER BY id',
  );
});

test('server, user and tables come from URL and spec', () => {
  expect(connectorConfig(spec)).toMatchObject({
    'database.hostname': 'db.example',
    'database.port': '3307',
    'database.user': 'dbz',
    'database.password': 's@cret',
    'table.include.list': String.raw`my_orders\.outbox_orders_0,my_orders\.outbox_orders_1`,
    'topic.prefix': spec.name,
    'schema.history.internal.kafka.bootstrap.servers': 'k1:9092,k2:9092',
  });
});

test('every transform but the router leaves heartbeats alone', () => {
  const config = connectorConfig(spec);
  const [router, ...others] = config['transforms']!.split(',');
  expect(config[`transforms.${router}.predicate`]).toBeUndefined();
  for (const name of others) expect(config[`transforms.${name}.predicate`]).toBe('isEvent');
  expect(new RegExp(`^${config['predicates.isEvent.pattern']}$`).test('p.orders.snapshots')).toBe(true);
  expect(new RegExp(`^${config['predicates.isEvent.pattern']}$`).test('pxorders.snapshots')).toBe(false);
});

test('overrides win', () => {
  expect(connectorConfig({ ...spec, overrides: { 'max.batch.size': '7' } })['max.batch.size']).toBe('7');
});

test('names differ by prefix, cluster, shard and table, and so do server ids', () => {
  const names = [
    connectorName({ topicPrefix: '', cluster: 'a' }, 0, 'outbox_orders_0'),
    connectorName({ topicPrefix: 'x.', cluster: 'a' }, 0, 'outbox_orders_0'),
    connectorName({ topicPrefix: '', cluster: 'b' }, 0, 'outbox_orders_0'),
    connectorName({ topicPrefix: '', cluster: 'a' }, 1, 'outbox_orders_0'),
    connectorName({ topicPrefix: '', cluster: 'a' }, 0, undefined),
  ];
  expect(new Set(names).size).toBe(names.length);
  const ids = names.map(serverId);
  expect(new Set(ids).size).toBe(names.length);
  for (const id of ids) expect(id >= 2 ** 30 && id < 2 ** 31).toBe(true);
});
