import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { proxyOf, throughProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { follow, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';
import { until } from '../fixtures/until.ts';

let shards: readonly TcpProxy[];
let mongodb: TcpProxy;
let directMongodb: string;
let api: TestApi;
let member: Send;

beforeAll(async () => {
  shards = await Promise.all(process.env['ORDERSHARD_MYSQL_URLS']!.split(',').map(proxyOf));
  mongodb = await proxyOf(process.env['ORDERSHARD_MONGODB_URL']!);
  api = await startTestApi('fresh', (env) => {
    directMongodb = env['ORDERSHARD_MONGODB_URL']!;
    const views = new URL(throughProxy(directMongodb, mongodb));
    views.search = '?directConnection=true';
    const urls = env['ORDERSHARD_MYSQL_URLS']!.split(',');
    return {
      ...env,
      ORDERSHARD_MYSQL_URLS: urls.map((url, shard) => throughProxy(url, shards[shard]!)).join(','),
      ORDERSHARD_MONGODB_URL: views.href,
    };
  });
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(async () => {
  await api.stop();
  await Promise.all([...shards, mongodb].map((proxy) => proxy.close()));
});

/** Puts the view of an order, as the projector does when it gets there. */
const project = (order: OrderJson) =>
  withViews(directMongodb, (views) =>
    views.replaceOne({ _id: BigInt(order.number) }, viewOf(order), { upsert: true }),
  );

/** An order whose view has stayed behind it by one version. */
async function lagging(): Promise<{ readonly old: OrderJson; readonly now: OrderJson }> {
  const old = await placed(member);
  await project(old);
  return { old, now: await follow(member, old.number, 'pay') };
}

async function cutShards<T>(fn: () => Promise<T>): Promise<T> {
  for (const shard of shards) shard.cut();
  try {
    return await fn();
  } finally {
    for (const shard of shards) shard.restore();
    await until(async () => (await member('GET', '/readyz')).status === 200);
  }
}

test('a write says which version it made, and so does a read', async () => {
  const answer = await member('POST', '/v1/orders', {
    shopId: SHOP_ID,
    items: [{ menuId: 'rice', quantity: 1 }],
  });
  const { number } = answer.body as OrderJson;
  expect(answer.headers.get('Order-Version')).toBe(`${number}-1`);
  expect(answer.headers.get('ETag')).toBe('"1"');
  const paid = await member('POST', `/v1/orders/${number}/pay`);
  expect(paid.headers.get('Order-Version')).toBe(`${number}-2`);
  const read = await member('GET', `/v1/orders/${number}`);
  expect(read.headers.get('ETag')).toBe('"2"');
  for (const [tag, status] of [
    ['"2"', 304],
    ['W/"2"', 304],
    ['"1", "2"', 304],
    ['*', 304],
    ['"1"', 200],
    ['2', 200],
  ] as const) {
    const again = await member('GET', `/v1/orders/${number}`, undefined, { 'If-None-Match': tag });
    expect([tag, again.status]).toEqual([tag, status]);
    expect(again.headers.get('ETag')).toBe('"2"');
  }
});

describe('one order', () => {
  test('is its view, however old, for those who ask for no version', async () => {
    const { old } = await lagging();
    expect((await member('GET', `/v1/orders/${old.number}`)).body).toEqual(old);
  });

  test('comes from its shard when the view is behind what is asked for', async () => {
    const { old, now } = await lagging();
    expect((await member('GET', `/v1/orders/${old.number}?minVersion=1`)).body).toEqual(old);
    const read = await member('GET', `/v1/orders/${old.number}?minVersion=2`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual(now);
  });

  test('comes from its view when that gets there in the time that it is given', async () => {
    const { now } = await lagging();
    const marked = { ...now, note: 'from the view' };
    const reading = member('GET', `/v1/orders/${now.number}?minVersion=2&waitMs=5000`);
    await project(marked);
    expect((await reading).body).toEqual(marked);
  });

  test('that has not had the version is 409, for others 404', async () => {
    const { number } = await placed(member);
    const answer = await member('GET', `/v1/orders/${number}?minVersion=2`);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:version-not-reached' });
    expect((await api.as('member', 'm-2')('GET', `/v1/orders/${number}?minVersion=2`)).status).toBe(404);
  });

  test('is said to be behind when its shard does not answer either', async () => {
    const { old } = await lagging();
    await cutShards(async () => {
      expect((await member('GET', `/v1/orders/${old.number}`)).body).toEqual(old);
      const answer = await member('GET', `/v1/orders/${old.number}?minVersion=2&waitMs=20`);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
      expect(answer.body).toMatchObject({
        type: 'urn:ordershard:problem:unavailable',
        part: expect.stringMatching(/^shard \d$/),
      });
      const stranger = await api.as('member', 'm-2')('GET', `/v1/orders/${old.number}?minVersion=2`);
      expect(stranger.status).toBe(404);
    });
  });

  test('is answered from its shard with MongoDB down, and is as new as can be', async () => {
    const { now } = await lagging();
    mongodb.cut();
    try {
      for (const query of ['', '?minVersion=2', '?minVersion=2&waitMs=50']) {
        const read = await member('GET', `/v1/orders/${now.number}${query}`);
        expect(read.status).toBe(200);
        expect(read.body).toEqual(now);
      }
    } finally {
      mongodb.restore();
      await until(async () => (await member('GET', '/v1/members/m-1/orders')).status === 200);
    }
  });

  test.each(['minVersion=0', 'minVersion=x', 'minVersion=1&minVersion=2', 'waitMs=-1', 'waitMs[$gt]=1'])(
    'is not read by %s',
    async (query) => {
      expect((await member('GET', `/v1/orders/1?${query}`)).status).not.toBe(200);
      const { number } = await placed(member);
      expect((await member('GET', `/v1/orders/${number}?${query}`)).status).toBe(400);
    },
  );
});

describe('a list', () => {
  const list = (query: string) => member('GET', `/v1/members/m-1/orders?limit=100&${query}`);

  test('waits for the versions that it must have', async () => {
    const { now } = await lagging();
    const reading = list(`atLeast=${now.number}-2&waitMs=5000`);
    await project(now);
    const answer = await reading;
    expect(answer.status).toBe(200);
    expect((answer.body as { orders: OrderJson[] }).orders).toContainEqual(now);
  });

  test('has the orders that are behind from their shards when the time is over', async () => {
    const { old, now } = await lagging();
    const other = await placed(member);
    const answer = await list(`atLeast=${now.number}-2,${other.number}-1&waitMs=20`);
    expect(answer.status).toBe(200);
    const { orders } = answer.body as { orders: OrderJson[] };
    expect(orders.filter(({ number }) => number === old.number)).toEqual([now]);
    expect(orders[0]).toEqual(other);
  });

  test('that must have what an order has not had is 409', async () => {
    const { now } = await lagging();
    const answer = await list(`atLeast=${now.number}-3&waitMs=20`);
    expect([answer.status, answer.body]).toMatchObject([
      409,
      { type: 'urn:ordershard:problem:version-not-reached' },
    ]);
  });

  test('says which orders are behind when their shards do not answer either', async () => {
    const { old, now } = await lagging();
    await cutShards(async () => {
      const answer = await list(`atLeast=${now.number}-2&waitMs=20`);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
      expect(answer.body).toMatchObject({
        type: 'urn:ordershard:problem:unavailable',
        detail: expect.stringContaining(`${old.number}-2 yet`),
        part: expect.stringMatching(/^shard \d$/),
      });
    });
  });

  test('tells nobody how far the orders of others are', async () => {
    const theirs = await placed(api.as('member', 'm-2'));
    await project(theirs);
    const answers = await Promise.all(
      [theirs.number, '123456789'].map((number) => list(`atLeast=${number}-1&waitMs=0`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect(answers[0]!.text.replaceAll(theirs.number, '123456789')).toBe(answers[1]!.text);
  });
});
