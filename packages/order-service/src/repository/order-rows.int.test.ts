import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { LAST_NUMBER, readOneOrder, readOrders, scanOrders } from '@ordershard/order-rows';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { AWKWARD_TEXT, follow, orderOf, placed, putTestShop } from '../fixtures/test-shop.ts';
import { readShardSettings } from '../settings.ts';

const COMMANDS = [
  [],
  ['pay'],
  ['pay', 'accept', 'cook', 'ready', 'dispatch', 'pickup', 'deliver'],
  ['pay', 'cancel', 'refund'],
  ['cancel'],
];

let api: TestApi;
let router: ShardRouter;
const numbers: bigint[] = [];

beforeAll(async () => {
  api = await startTestApi('rows');
  await putTestShop(api.as('operator', 'op'));
  const { clusterId, shards } = readShardSettings(api.env);
  router = await connectShardRouter({ clusterId, shards, numbers: false });
});

afterAll(async () => {
  await router.close();
  await api.stop();
});

/** The text of the event that an order's newest change published. */
async function newestEvent(number: bigint): Promise<string> {
  const tables = [0, 1, 2, 3].map(
    (n) => `SELECT sequence, payload FROM outbox_orders_${n} WHERE aggregateid = ?`,
  );
  const events = await api.rows<{ sequence: number; payload: string }>(
    tables.join(' UNION ALL '),
    tables.map(() => number.toString()),
  );
  return events.toSorted((a, b) => b.sequence - a.sequence)[0]!.payload;
}

const byNumber = (a: OrderSnapshot, b: OrderSnapshot) => (BigInt(a.number) < BigInt(b.number) ? -1 : 1);

test('after each command the rows give, to the letter, the snapshot that the event carries', async () => {
  const member = api.as('member', 'm-1');
  const service = api.as('service', 'test');
  for (let n = 0; n < 20; n += 1) {
    const { number } = await placed(member, {
      ...orderOf(n % 2 === 0 ? 'rice' : 'gold'),
      ...(n % 3 === 0 ? { note: AWKWARD_TEXT } : {}),
      ...(n % 4 === 0
        ? { deliveryAddress: { city: 'Seoul', line1: AWKWARD_TEXT, ...(n === 0 ? { line2: 'b' } : {}) } }
        : {}),
    });
    numbers.push(BigInt(number));
    const look = async () => {
      const { snapshot, expired } = await readOneOrder(router, BigInt(number));
      expect(JSON.stringify(snapshot)).toBe(await newestEvent(BigInt(number)));
      expect(expired).toBe(false);
    };
    await look();
    for (const command of COMMANDS[n % COMMANDS.length]!) {
      await follow(service, number, command);
      await look();
    }
  }
});

test('read many at once, and page by page over all shards, they are the same', async () => {
  const events = await Promise.all(
    numbers.map(async (number) => JSON.parse(await newestEvent(number)) as unknown),
  );
  const many = await readOrders(router, [...numbers, 1n]);
  expect(many).toHaveLength(numbers.length + 1);
  expect(many.find(({ number }) => number === 1n)).toEqual({
    number: 1n,
    snapshot: undefined,
    expired: false,
  });
  const found = many.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot])).toSorted(byNumber);
  expect(JSON.parse(JSON.stringify(found))).toEqual(events);
  const scanned: OrderSnapshot[] = [];
  for (let after = -1n; after < LAST_NUMBER;) {
    const chunk = await scanOrders(router, { after, limit: 3 });
    expect(chunk.upTo).toBeGreaterThan(after);
    scanned.push(...chunk.snapshots);
    after = chunk.upTo;
  }
  expect(scanned).toEqual(found);
});

test('what lies on a shard that does not own it is not read, and a bucket between two owners is waited for', async () => {
  const number = numbers[0]!;
  const bucket = router.bucketOf(number);
  const owner = router.shardOf(number);
  const other = router.allShards().find((shard) => shard !== owner)!;
  await router.onShard(other, async (session) => {
    await session.execute('SET @ordershard_bucket = -1');
    await session.execute(
      `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
       VALUES (?, ?, 99, 'paid', 'm', 's', 'KRW', 1, '{"shopName":"x","timeline":[{"status":"paid","at":"x"}]}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [number, bucket],
    );
    await session.execute('SET @ordershard_bucket = NULL');
  });
  const scan = () => scanOrders(router, { after: number - 1n, upTo: number, limit: 10, patienceMs: 0 });
  const [snapshot] = (await scan()).snapshots;
  expect(JSON.stringify(snapshot)).toBe(await newestEvent(number));

  const setState = (state: string) =>
    router.onShard(owner, (session) =>
      session.execute('UPDATE bucket_fences SET state = ? WHERE bucket = ?', [state, bucket]),
    );
  await setState('frozen');
  await expect(scan()).rejects.toMatchObject({ code: 'ORDER_ROWS_UNSETTLED', retryable: true });
  const waiting = scanOrders(router, { after: number - 1n, upTo: number, limit: 10 });
  await setState('owned');
  expect((await waiting).snapshots).toEqual([snapshot]);
});

test('a number below the lower end of its fence has expired', async () => {
  const number = numbers[1]!;
  await router.onShard(router.shardOf(number), (session) =>
    session.execute('UPDATE bucket_fences SET readable_from = ? WHERE bucket = ?', [
      number + 1n,
      router.bucketOf(number),
    ]),
  );
  expect((await readOneOrder(router, number)).expired).toBe(true);
  expect((await scanOrders(router, { after: -1n, limit: 1_000 })).expired(number)).toBe(true);
});
