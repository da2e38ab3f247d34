import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dropPartitionsBehind, makePartitionsAhead } from '@ordershard/rebalance';
import {
  connectShardRouter,
  encodeNumber,
  initialiseCluster,
  lowestNumberAt,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardRouter,
  type ShardSession,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { ORDER_MIGRATIONS } from './migrate.ts';
import { TABLES } from './registry.ts';

const DAY_MS = 86_400_000;
/** The oldest day that the shards of this test know, in days before now. */
const OLDEST = 40;

let namespace: Namespace;
let shards: readonly ShardConfig[];
let router: ShardRouter;

const timeOf = (daysAgo: number) => Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS;
const partitionOf = (daysAgo: number) =>
  `p${new Date(timeOf(daysAgo)).toISOString().slice(0, 10).replaceAll('-', '')}`;

beforeAll(async () => {
  namespace = await testNamespace('retention');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS]);
  await withShardSessions(shards, async (session) => {
    for (const { table, partitionedBy } of TABLES) {
      if (partitionedBy !== 'number') continue;
      const bound = lowestNumberAt(timeOf(OLDEST - 1));
      await session.execute(
        `ALTER TABLE ${table} ADD PARTITION (PARTITION ${partitionOf(OLDEST)} VALUES LESS THAN (${bound}))`,
      );
    }
    await makePartitionsAhead(session, TABLES);
  });
  await initialiseCluster({ clusterId: 'retention', shards });
  router = await connectShardRouter({ clusterId: 'retention', shards });
});

afterAll(async () => {
  await router.close();
  await namespace.drop();
});

/** Stores an order of a day, as it would lie there after so many days. */
async function insertOrder(
  session: ShardSession,
  daysAgo: number,
  status: string,
  sequence: number,
): Promise<bigint> {
  const number = encodeNumber({ timeMs: timeOf(daysAgo) + 3_600_000, worker: 1, sequence });
  await session.execute(
    `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
     VALUES (?, ?, 1, ?, 'm', 's', 'KRW', 1, '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [number, router.bucketOf(number), status],
  );
  return number;
}

async function partitions(session: ShardSession, table: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY PARTITION_ORDINAL_POSITION`,
    [table],
  );
  return rows.map((row) => row.name);
}

test('partitions are made a week ahead, once', async () => {
  const [made] = await withShardSessions(shards, (session) => makePartitionsAhead(session, TABLES));
  expect(made).toEqual({});
  const [orders] = await withShardSessions(shards, (session) => partitions(session, 'orders'));
  expect(orders!.at(-1)).toBe(partitionOf(-7));
  expect(orders).toHaveLength(OLDEST + 1 + 7 + 1);
});

test('days past their time are dropped with their rows, up to one that holds an order that is not final', async () => {
  const [finals] = await withShardSessions(shards, async (session) => [
    await insertOrder(session, OLDEST, 'delivered', session.shard),
    await insertOrder(session, 36, 'cancelled', session.shard),
  ]);
  await withShardSessions(shards.slice(0, 1), (session) => insertOrder(session, 34, 'paid', 7));
  const [first, second] = await withShardSessions(shards, (session) => dropPartitionsBehind(session, TABLES));
  expect(first!.dropped['orders']).toEqual([40, 39, 38, 37, 36, 35].map(partitionOf));
  expect(first!.kept.join()).toMatch(/1 rows of orders are not final/);
  expect(second!.dropped['order_items']).toHaveLength(10);
  expect(second!.kept).toEqual([]);
  const [left] = await withShardSessions(shards, (session) => partitions(session, 'orders'));
  expect(left!.slice(0, 2)).toEqual(['p_floor', partitionOf(34)]);
  const gone = finals![1]!;
  await expect(router.transaction({ number: gone }, () => undefined)).rejects.toMatchObject({
    code: 'ROUTER_NUMBER_NOT_WRITABLE',
  });
});

test('a day stays as long as an event of it is not relayed', async () => {
  await withShardSessions(shards.slice(1), async (session) => {
    const number = await insertOrder(session, 29, 'delivered', 9);
    await session.execute(
      `INSERT INTO outbox_orders_0 (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
       VALUES (UTC_DATE(), 'e', 'orders', ?, 'order.delivered', 1, ?, '{}', UTC_TIMESTAMP(3))`,
      [number.toString(), router.bucketOf(number)],
    );
  });
  const short = { rows: 28, outbox: 7 };
  const [refused] = await withShardSessions(shards.slice(1), (session) =>
    dropPartitionsBehind(session, TABLES, short),
  );
  expect(refused!.kept.join()).toMatch(/1 rows of outbox_orders_0 are not relayed/);
  await withShardSessions(shards.slice(1), (session) =>
    session.execute(
      `INSERT INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps)
       VALUES ('outbox_orders_0', '', 1, '1970-01-02', 1000, '[]')`,
    ),
  );
  const [done] = await withShardSessions(shards.slice(1), (session) =>
    dropPartitionsBehind(session, TABLES, short),
  );
  expect(done!.kept).toEqual([]);
  expect(done!.dropped['orders']).toContain(partitionOf(29));
});
