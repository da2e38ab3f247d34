import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrderClient } from '@ordershard/order-client';
import { mintToken } from '@ordershard/stack';
import { MongoClient, type Timestamp } from 'mongodb';
import { proxyOf, throughProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { joinTestApi, startTestApi, type Answer, type Send, type TestApi } from '../fixtures/test-api.ts';
import { follow, orderOf, placed, putTestShop, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';
import { until } from '../fixtures/until.ts';
import { encodeReaderToken } from '../views/reader-token.ts';
import { Reader } from '../views/reader.ts';

let shards: readonly TcpProxy[];
let mongodb: TcpProxy;
let directMongodb: string;
/** Its MongoDB can be cut; shards of both can. */
let api: TestApi;
let other: Awaited<ReturnType<typeof joinTestApi>>;
let service: Send;

beforeAll(async () => {
  shards = await Promise.all(process.env['ORDERSHARD_MYSQL_URLS']!.split(',').map(proxyOf));
  mongodb = await proxyOf(process.env['ORDERSHARD_MONGODB_URL']!);
  api = await startTestApi('tokens', (env) => {
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
  other = await joinTestApi(api, (env) => ({ ...env, ORDERSHARD_MONGODB_URL: directMongodb }));
  service = api.as('service', 'svc');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(async () => {
  await other.stop();
  await api.stop();
  await Promise.all([...shards, mongodb].map((proxy) => proxy.close()));
});

/** Puts the view of an order, as the projector does when it gets there. */
const project = (order: OrderJson) =>
  withViews(directMongodb, (views) =>
    views.replaceOne({ _id: BigInt(order.number) }, viewOf(order), { upsert: true }),
  );

const tokenOf = ({ headers }: Answer) => headers.get('Reader-Token')!;
const saying = (token: string) => ({ 'Reader-Token': token });
const ordersOf = ({ body }: Answer) => (body as { orders: OrderJson[] }).orders;

/** An order of a member of its own whose view is there and at version 1, while it is at version 2. */
async function lagging() {
  const member = `m-${crypto.randomUUID()}`;
  const mine = api.as('member', member);
  const old = await placed(mine);
  await project(old);
  return { member, mine, there: other.as('member', member), old, now: await follow(mine, old.number, 'pay') };
}

async function cut<T>(proxies: readonly TcpProxy[], fn: () => Promise<T>): Promise<T> {
  for (const proxy of proxies) proxy.cut();
  try {
    return await fn();
  } finally {
    for (const proxy of proxies) proxy.restore();
    await until(async () => {
      const { status, body } = await service('GET', '/readyz');
      return status === 200 && (body as { mongodb?: string }).mongodb === 'up';
    });
  }
}

/** The time of the replica set, which goes on with each write. */
async function clusterTime(): Promise<Timestamp> {
  const client = new MongoClient(directMongodb);
  try {
    const answer = await client.db().command({ ping: 1 });
    return (answer['$clusterTime'] as { clusterTime: Timestamp }).clusterTime;
  } finally {
    await client.close();
  }
}

const farAway = encodeReaderToken({ time: (2n ** 32n - 1n) << 32n, orders: [] });

describe('every answer says what was seen', () => {
  test('of writes and reads, of one order and of many, and of what has not changed', async () => {
    const { member, mine, old } = await lagging();
    const path = `/v1/orders/${old.number}`;
    const answers = await Promise.all([
      mine('POST', '/v1/orders', orderOf()),
      mine('POST', `${path}/cancel`, { reason: 'test' }),
      mine('GET', path),
      mine('GET', path, undefined, { 'If-None-Match': '*' }),
      mine('GET', `${path}/history`),
      mine('GET', '/v1/orders'),
      mine('GET', `/v1/members/${member}/orders`),
      mine('POST', '/v1/order-changes', { changes: [{ number: old.number, command: 'pay' }] }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 304, 200, 200, 200, 200]);
    for (const answer of answers) expect(() => Reader.of(tokenOf(answer))).not.toThrow();
    expect(Reader.of(tokenOf(answers[0]!)).ahead({ memberId: member })).toHaveLength(1);
    for (const at of [2, 5, 6]) expect(Reader.of(tokenOf(answers[at]!)).clock.time).toBeGreaterThan(0n);
  });
});

describe('an order', () => {
  test('that one instance read from its shard is not older at another one, which has the view', async () => {
    const { mine, there, old, now } = await lagging();
    const path = `/v1/orders/${old.number}`;
    const first = await cut([mongodb], () => mine('GET', path));
    expect(first.body).toEqual(now);
    expect((await there('GET', path)).body).toEqual(old);
    const second = await there('GET', path, undefined, saying(tokenOf(first)));
    expect(second.body).toEqual(now);
    const history = await there('GET', `${path}/history`, undefined, saying(tokenOf(second)));
    expect(history.body).toMatchObject({ version: 2n });
  });

  test('that was written is seen by whoever says so', async () => {
    const { mine, there, old, now } = await lagging();
    const cooked = await mine('POST', `/v1/orders/${old.number}/cancel`, { reason: 'test' });
    expect((await mine('GET', `/v1/orders/${old.number}`)).body).toEqual(old);
    const read = await there('GET', `/v1/orders/${old.number}`, undefined, saying(tokenOf(cooked)));
    expect(read.body).toMatchObject({ version: now.version + 1n });
  });

  test('is 503 when neither view nor shard is as far, and 404 for others', async () => {
    const { mine, old, now } = await lagging();
    const seen = tokenOf(await mine('GET', `/v1/orders/${old.number}?minVersion=${now.version}`));
    await cut(shards, async () => {
      const answer = await mine('GET', `/v1/orders/${old.number}`, undefined, saying(seen));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
      const stranger = api.as('member', 'm-stranger');
      expect((await stranger('GET', `/v1/orders/${old.number}`, undefined, saying(seen))).status).toBe(404);
      expect((await mine('GET', `/v1/orders/${old.number}`)).body).toEqual(old);
    });
  });

  test('whose shard has lost what was seen is said not to have it', async () => {
    const { mine, old } = await lagging();
    const lost = encodeReaderToken({ time: 0n, orders: [{ number: BigInt(old.number), version: 7 }] });
    const answer = await mine('GET', `/v1/orders/${old.number}`, undefined, saying(lost));
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:version-not-reached' });
  });

  test('that has a view alone is not said to be gone while that cannot be read', async () => {
    const { mine, old } = await lagging();
    await withViews(directMongodb, async (views) => {
      const view = await views.findOne({ _id: BigInt(old.number) });
      await views.insertOne({ ...view!, _id: 77n });
    });
    const seen = await mine('GET', '/v1/orders/77');
    expect(seen.status).toBe(200);
    await cut([mongodb], async () => {
      expect((await mine('GET', '/v1/orders/77')).status).toBe(404);
      const answer = await mine('GET', '/v1/orders/77', undefined, saying(tokenOf(seen)));
      expect(answer.body).toMatchObject({ status: 503n, part: 'order views' });
    });
  });
});

describe('a list', () => {
  test('has what was written, from the shard, in its place, until the views have it', async () => {
    const { member, mine, there, old, now } = await lagging();
    const newest = await mine('POST', '/v1/orders', orderOf());
    const { number } = newest.body as OrderJson;
    const paid = tokenOf(
      await mine('GET', `/v1/orders/${old.number}?minVersion=2`, undefined, saying(tokenOf(newest))),
    );
    const path = `/v1/members/${member}/orders?waitMs=0`;
    expect(ordersOf(await there('GET', path))).toEqual([old]);
    const list = await there('GET', path, undefined, saying(paid));
    expect(ordersOf(list)).toEqual([newest.body, now]);
    expect(ordersOf(await there('GET', '/v1/orders?status=created', undefined, saying(paid)))).toEqual([
      newest.body,
    ]);
    const first = await there('GET', `${path}&limit=1`, undefined, saying(paid));
    expect(ordersOf(first)).toEqual([newest.body]);
    const cursor = (first.body as { nextCursor: string }).nextCursor;
    const second = await there('GET', `${path}&limit=1&cursor=${cursor}`, undefined, saying(tokenOf(first)));
    expect(ordersOf(second)).toEqual([now]);
    const marked = { ...now, note: 'from the view' };
    await project(marked);
    await project(newest.body as OrderJson);
    const later = await there('GET', path, undefined, saying(tokenOf(second)));
    expect(ordersOf(later)).toEqual([newest.body, marked]);
    expect(Reader.of(tokenOf(later)).ahead()).toEqual([]);
    expect(Reader.of(tokenOf(later)).versionOf(BigInt(number))).toBe(1);
  });

  test('of the shop has it too, and that of another member goes on without', async () => {
    const { mine, now } = await lagging();
    const seen = tokenOf(await mine('GET', `/v1/orders/${now.number}?minVersion=2`));
    const shop = await service('GET', `/v1/shops/${String(now['shopId'])}/orders`, undefined, saying(seen));
    expect(ordersOf(shop).find(({ number }) => number === now.number)).toEqual(now);
    const begun = performance.now();
    const answer = await service('GET', '/v1/members/m-other/orders?waitMs=5000', undefined, saying(seen));
    expect([answer.status, ordersOf(answer)]).toEqual([200, []]);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test('is 503 while an order of it can be had neither way', async () => {
    const { member, mine, old, now } = await lagging();
    const seen = tokenOf(await mine('GET', `/v1/orders/${now.number}?minVersion=2`));
    const path = `/v1/members/${member}/orders?waitMs=0`;
    await cut(shards, async () => {
      const answer = await mine('GET', path, undefined, saying(seen));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
      expect((answer.body as { part: string }).part).toMatch(/^shard \d$/);
      expect(ordersOf(await mine('GET', path))).toEqual([old]);
    });
  });

  test('tells nobody of the orders of others, whatever a token says', async () => {
    const { now } = await lagging();
    const forged = (number: string) => {
      const reader = new Reader();
      reader.sawOnShard({ ...now, number, version: 2, memberId: 'm-spy' } as never);
      return saying(reader.token);
    };
    const spy = api.as('member', 'm-spy');
    const path = '/v1/members/m-spy/orders?waitMs=0';
    const [theirs, none] = [
      await spy('GET', path, undefined, forged(now.number)),
      await spy('GET', path, undefined, forged('5')),
    ];
    expect(theirs.text).toBe(none.text);
    expect([theirs.status, ordersOf(theirs)]).toEqual([200, []]);
  });
});

describe('numbers that no order can have', () => {
  const NUMBERS = ['0', '1', `${2n ** 63n - 1n}`, '9999999999999999999', `${(2n ** 63n - 1n) / 2n}`];

  test.each(NUMBERS)('%s is not there', async (number) => {
    const mine = api.as('member', 'm-1');
    const answer = await mine('GET', `/v1/members/m-1/orders?waitMs=0&atLeast=${number}-1`);
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:view-behind' });
    if (BigInt(number) >= 2n ** 63n) return;
    const reader = new Reader();
    reader.sawOnShard({ number, version: 1, memberId: 'm-1', shopId: 's' } as never);
    const list = await mine('GET', '/v1/members/m-1/orders?waitMs=0', undefined, saying(reader.token));
    expect(list.status).toBe(200);
  });
});

describe('a token', () => {
  test.each(['x', 'AAAA', '%00', 'A'.repeat(594), '{"$gt":1}', `${farAway}x`, `${farAway},`])(
    'that no answer gave is 400: %j',
    async (token) => {
      const mine = api.as('member', 'm-1');
      for (const [method, path] of [
        ['GET', '/v1/orders/1'],
        ['GET', '/v1/members/m-1/orders'],
        ['GET', '/v1/orders'],
        ['POST', '/v1/orders'],
      ] as const) {
        const answer = await mine(method, path, method === 'POST' ? orderOf() : undefined, saying(token));
        expect(answer.body).toMatchObject({
          type: 'urn:ordershard:problem:invalid-request',
          errors: [{ field: 'Reader-Token' }],
        });
      }
    },
  );

  test('of a time to come holds up nobody, and takes no clock along', async () => {
    const { member, mine, old, now } = await lagging();
    const [order, list] = [`/v1/orders/${old.number}`, `/v1/members/${member}/orders?waitMs=5000`];
    const begun = performance.now();
    const hostile = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        mine('GET', at % 2 === 0 ? order : list, undefined, saying(farAway)),
      ),
    );
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(new Set(hostile.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(hostile[0]!.body).toEqual(now);
    expect(hostile[1]!.body).toMatchObject({
      type: 'urn:ordershard:problem:unavailable',
      part: 'order views',
    });
    expect(hostile[1]!.headers.get('Retry-After')).toMatch(/^\d+$/);
    // Others are shown views all the same, by this instance.
    expect(ordersOf(await mine('GET', list))).toEqual([old]);
    const aDayOn = Math.floor(Date.now() / 1_000) + 86_400;
    expect((await clusterTime()).t).toBeLessThan(aDayOn);
  });
});

test('the client says by itself what it was shown and has written', async () => {
  const subject = `m-${crypto.randomUUID()}`;
  const urls = [api.url, other.url];
  let turn = 0;
  const client = createOrderClient({
    baseUrl: 'http://either',
    token: () => mintToken({ role: 'member', subject }, api.env),
    fetch: (url, init) => fetch((url as string).replace('http://either', urls[(turn += 1) % 2]!), init),
  });
  const { body: order } = await client.placeOrder({ body: orderOf() as never });
  await project((await api.as('member', subject)('GET', `/v1/orders/${order.number}`)).body as OrderJson);
  const path = { number: order.number };
  await client.payOrder({ path });
  for (let n = 0; n < 4; n += 1) expect((await client.getOrder({ path })).body.version).toBe(2);
  for (let n = 0; n < 2; n += 1) {
    const { body } = await client.listOrdersOfMember({ path: { memberId: subject }, query: { waitMs: 0 } });
    expect(body.orders.map(({ version }) => version)).toEqual([2]);
  }
  const without = await client.getOrder({
    path,
    headers: { 'Reader-Token': encodeReaderToken({ time: 0n, orders: [] }) },
  });
  expect(without.body.version).toBe(1);
});
