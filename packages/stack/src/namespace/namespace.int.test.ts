import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { MongoClient } from 'mongodb';
import { withAdmin } from '../parts/kafka/check.ts';
import { testNamespace, type Namespace } from './namespace.ts';

let first: Namespace;
let second: Namespace;

beforeAll(async () => {
  [first, second] = await Promise.all([testNamespace('first'), testNamespace('second')]);
});

afterAll(async () => {
  await Promise.all([first.drop(), second.drop()]);
});

/** Runs one query on every shard of a namespace. */
async function onShards(namespace: Namespace, sql: string): Promise<RowDataPacket[][]> {
  const urls = (namespace.env['ORDERSHARD_MYSQL_URLS'] ?? '').split(',');
  return Promise.all(
    urls.map(async (uri) => {
      const connection = await createConnection({ uri });
      try {
        const [rows] = await connection.query<RowDataPacket[]>(sql);
        return rows;
      } finally {
        await connection.end();
      }
    }),
  );
}

async function withDocuments<T>(namespace: Namespace, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(namespace.env['ORDERSHARD_MONGODB_URL'] ?? '');
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

describe('namespaces on shared servers', () => {
  test('have a database of their own on every shard', async () => {
    await onShards(first, 'CREATE TABLE only_here (id INT PRIMARY KEY)');
    expect(await onShards(second, 'SHOW TABLES')).toEqual([[], []]);
    await onShards(second, 'CREATE TABLE only_here (id BIGINT PRIMARY KEY)');
  });

  test('have a MongoDB database of their own', async () => {
    await withDocuments(first, async (client) =>
      client.db().collection('only_here').insertOne({ seen: true }),
    );
    const names = await withDocuments(second, async (client) => client.db().listCollections().toArray());
    expect(names).toEqual([]);
  });

  test('may make triggers and partitions, and see other transactions', async () => {
    await onShards(
      first,
      'CREATE TABLE guarded (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))',
    );
    await onShards(first, 'CREATE TRIGGER no_ones BEFORE INSERT ON guarded FOR EACH ROW SET NEW.id = NEW.id');
    await onShards(first, 'SELECT trx_id FROM information_schema.innodb_trx');
  });

  test('leave nothing when they are dropped', async () => {
    const third = await testNamespace('third');
    const prefix = third.env['ORDERSHARD_TOPIC_PREFIX'] ?? '';
    const brokers = third.env['ORDERSHARD_KAFKA_BROKERS'] ?? '';
    await withAdmin(brokers, async (admin) =>
      admin.createTopics({ topics: [`${prefix}orders`], partitions: 1, replicas: 1 }),
    );
    await withDocuments(third, async (client) => client.db().collection('left').insertOne({ seen: true }));
    const database = new URL((third.env['ORDERSHARD_MYSQL_URLS'] ?? '').split(',')[0] ?? '').pathname.slice(
      1,
    );

    await third.drop();

    const topics = await withAdmin(brokers, async (admin) => admin.listTopics());
    expect(topics.filter((topic) => topic.startsWith(prefix))).toEqual([]);
    expect(await onShards(first, `SHOW DATABASES LIKE '${database}'`)).toEqual([[], []]);
    const kept = await withDocuments(first, async (client) =>
      client.db().admin().listDatabases({ nameOnly: true }),
    );
    expect(kept.databases.map(({ name }) => name)).not.toContain(database);
  });
});
