import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shardsFromUrls, withShardSessions } from '@ordershard/shard-router';
import { startProcess } from '@ordershard/stack';
import { createConnection } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTableOf } from '../../append/topic.ts';
import { insertEvents, OutboxCluster, RELAY, until } from '../../outbox.fixture.ts';
import { readUncommittedIds } from '../../sql/read-uncommitted-ids.ts';

const USER = 'without_process';

let cluster: OutboxCluster;
/** URLs of the shards, for a user who may not see what other sessions do. */
let urls: string[];

beforeAll(async () => {
  cluster = await OutboxCluster.create('gaps');
  urls = [];
  for (const { writer } of cluster.shards) {
    const url = new URL(writer);
    const admin = await createConnection({
      host: url.hostname,
      port: Number(url.port),
      user: 'ordershard_admin',
      password: 'ordershard',
    });
    await admin.query(`CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY 'ordershard'`);
    await admin.query(`GRANT ALL PRIVILEGES ON \`${url.pathname.slice(1)}\`.* TO '${USER}'@'%'`);
    await admin.end();
    url.username = USER;
    urls.push(url.href);
  }
});

afterAll(async () => cluster.end());

test('thousands of gaps, which nothing closes, hold up nothing: ids in steps, a transaction of others left open, no PROCESS', async () => {
  const foreign = await cluster.connect(0);
  await foreign.query('CREATE TABLE somebodys (a INT PRIMARY KEY)');
  await foreign.beginTransaction();
  await foreign.query('INSERT INTO somebodys VALUES (1)');
  const env = { ...cluster.env, ORDERSHARD_MYSQL_URLS: urls.join(',') };
  const relay = await startProcess({ file: RELAY, args: ['relay'], env });
  const reader = await cluster.reader();
  const writer = await cluster.connect(0);
  await writer.query('SET auto_increment_increment = 3');
  const table = outboxTableOf(ORDERS_TOPIC, '70');
  const orders = Array.from({ length: 16_000 }, (_, i) => String(10_000 + i))
    .filter((order) => outboxTableOf(ORDERS_TOPIC, order) === table)
    .slice(0, 3_000);
  for (let from = 0; from < orders.length; from += 100)
    await insertEvents(
      writer,
      orders.slice(from, from + 100).map((order) => ({ order, version: 1 })),
    );
  await until('all is published', () => new Set(reader.ids).size === orders.length);
  expect(reader.ids).toHaveLength(orders.length);
  // A row that comes late, into one of the gaps.
  await writer.query(`SET INSERT_ID = 3002`);
  await insertEvents(writer, [{ order: orders[0]!, version: 2 }]);
  await until('it is published', () => reader.ids.includes(`${orders[0]}-2`));
  await foreign.rollback();
  await relay.stop();
});

test('rows of transactions that are open are seen by whoever may read the table', async () => {
  const table = outboxTableOf(ORDERS_TOPIC, '1');
  const writer = await cluster.connect(1);
  await insertEvents(writer, [{ order: '1', version: 1 }]);
  await writer.beginTransaction();
  await insertEvents(writer, [{ order: '1', version: 2 }]);
  const look = async () => {
    const [seen] = await withShardSessions([shardsFromUrls(urls)[1]!], (session) =>
      readUncommittedIds(session, table, [{ first: 1n, last: 9n }]),
    );
    return seen!;
  };
  expect((await look()).ids).toEqual([1n, 2n]);
  expect((await look()).insertWaitMs).toBeGreaterThanOrEqual(1_000);
  await writer.rollback();
  await until('the row that was rolled back is gone', async () => (await look()).ids.length === 1);
});
