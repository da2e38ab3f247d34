import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { joinTestApi, startTestApi, type Answer, type Send, type TestApi } from '../fixtures/test-api.ts';
import { follow, orderOf, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { proxyOf, throughProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { until } from '../fixtures/until.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';

/** The shard that the tests cut off. */
const CUT = 1;

let shard: TcpProxy;
let mongodb: TcpProxy;
let directMongodb: string;
let api: TestApi;
let member: Send;

beforeAll(async () => {
  const urls = process.env['ORDERSHARD_MYSQL_URLS']!.split(',');
  shard = await proxyOf(urls[CUT]!);
  mongodb = await proxyOf(process.env['ORDERSHARD_MONGODB_URL']!);
  api = await startTestApi('failing', (env) => {
    const own = env['ORDERSHARD_MYSQL_URLS']!.split(',');
    directMongodb = env['ORDERSHARD_MONGODB_URL']!;
    const views = new URL(throughProxy(directMongodb, mongodb));
    // A replica set would tell the driver its own address, past the proxy.
    views.search = '?directConnection=true';
    return {
      ...env,
      ORDERSHARD_MYSQL_URLS: own.with(CUT, throughProxy(own[CUT]!, shard)).join(','),
      ORDERSHARD_MONGODB_URL: views.href,
    };
  });
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
});

afterEach(async () => {
  shard.restore();
  mongodb.restore();
  await until(async () => (await readiness()).every(({ state }) => state === 'up'));
});

afterAll(async () => {
  await api.stop();
  await Promise.all([shard.close(), mongodb.close()]);
});

interface ShardState {
  readonly shard: bigint;
  readonly state: string;
}

async function readiness(): Promise<readonly ShardState[]> {
  return ((await member('GET', '/readyz')).body as { shards: readonly ShardState[] }).shards;
}

/** Expects a refusal; one that names the part, where there is one to name. */
function expectUnavailable(answer: Answer, part?: string): void {
  if (part !== undefined) expect(answer.body).toMatchObject({ part });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|mysql/i);
}

const key = (value: string) => ({ 'Idempotency-Key': value });
const keys = Array.from({ length: 30 }, (_, n) => `k-${n}`);

describe('with a shard cut off', () => {
  test('orders without a key are placed on the others', async () => {
    shard.cut();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => api.as('member', 'm-30')('POST', '/v1/orders', orderOf())),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 201));
    expect(await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-30'")).toHaveLength(30);
    await until(async () => (await readiness()).some(({ state }) => state === 'down'));
    expect((await member('GET', '/readyz')).status).toBe(200);
    expect((await member('GET', '/livez')).status).toBe(200);
  });

  test('only keys that live there are refused, and can be asked for again', async () => {
    shard.cut();
    const caller = api.as('member', 'm-keys');
    const first = await Promise.all(keys.map((value) => caller('POST', '/v1/orders', orderOf(), key(value))));
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([201, 503]));
    for (const answer of first) if (answer.status !== 201) expectUnavailable(answer, `shard ${CUT}`);
    await until(async () => (await readiness()).some(({ state }) => state === 'down'));
    const ready = await member('GET', '/readyz');
    expect(ready.body).toMatchObject({ degraded: [`shard ${CUT}`], keysUnavailable: 0.5 });
    shard.restore();
    await until(async () => (await readiness()).every(({ state }) => state === 'up'));
    const second = await Promise.all(
      keys.map((value) => caller('POST', '/v1/orders', orderOf(), key(value))),
    );
    expect(new Set(second.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-keys'")).toHaveLength(keys.length);
    for (const [index, answer] of first.entries()) {
      if (answer.status === 201) expect(second[index]?.text).toBe(answer.text);
    }
  });

  test('only its own orders cannot be read or changed', async () => {
    const orders = await Promise.all(keys.map(() => placed(member)));
    shard.cut();
    const reads = await Promise.all(orders.map(({ number }) => member('GET', `/v1/orders/${number}`)));
    const changes = await Promise.all(orders.map(({ number }) => member('POST', `/v1/orders/${number}/pay`)));
    for (const answers of [reads, changes]) {
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
      for (const answer of answers) if (answer.status !== 200) expectUnavailable(answer);
    }
  });

  test('a shop is not half put without a word, and putting it again mends it', async () => {
    const operator = api.as('operator', 'op');
    const shop = { name: 'S', currency: 'KRW', menus: [] };
    shard.cut();
    expectUnavailable(await operator('PUT', '/v1/shops/mended', shop));
    expect((await member('GET', `/v1/shops/${SHOP_ID}`)).status).toBe(200);
    shard.restore();
    await until(async () => (await operator('PUT', '/v1/shops/mended', shop)).status < 300);
    expect(await api.rows("SELECT 1 FROM catalogue_shops WHERE shop_id = 'mended'")).toHaveLength(2);
  });
});

/** Asks with new keys until the answer to the write of one of them has been lost: that key, and what its caller got. */
async function loseWrite(ask: (value: string) => Promise<Answer>): Promise<[string, Answer]> {
  const lost = shard.loseAnswerTo('ordershard_open_merged');
  for (const value of keys) {
    const answer = await ask(value);
    if (lost.done) return [value, answer];
  }
  throw new Error('no request met the shard that is cut');
}

describe('with the answer to a write lost', () => {
  test('the order is placed once, and its caller told', async () => {
    const caller = api.as('member', 'm-lost');
    const ask = (value: string) => caller('POST', '/v1/orders', orderOf(), key(value));
    const [value, answer] = await loseWrite(ask);
    expect(answer.status).toBe(201);
    const again = await ask(value);
    expect([again.status, again.text]).toEqual([201, answer.text]);
    const stored = await api.rows<{ number: string }>(
      'SELECT number FROM idempotency_keys WHERE caller = ? AND idempotency_key = ?',
      ['member:m-lost', value],
    );
    expect(stored).toEqual([{ number: (again.body as OrderJson).number }]);
    expect(await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-lost'")).toHaveLength(
      keys.indexOf(value) + 1,
    );
  });

  test('so is one without a key', async () => {
    const caller = api.as('member', 'm-keyless');
    const [value, answer] = await loseWrite(() => caller('POST', '/v1/orders', orderOf()));
    expect(answer.status).toBe(201);
    expect(await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-keyless'")).toHaveLength(
      keys.indexOf(value) + 1,
    );
  });

  test('a command is carried out once', async () => {
    const orders = new Map<string, OrderJson>();
    for (const value of keys) orders.set(value, await placed(member));
    const ask = (value: string) =>
      member('POST', `/v1/orders/${orders.get(value)!.number}/pay`, {}, key(value));
    const [value, answer] = await loseWrite(ask);
    for (const { status, body } of [answer, await ask(value)]) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: 'paid', version: 2n });
    }
  });

  test('a command without a key may have been carried out, and its caller is told so', async () => {
    const orders = new Map<string, OrderJson>();
    for (const value of keys) orders.set(value, await placed(member));
    const [value, answer] = await loseWrite((of) =>
      member('POST', `/v1/orders/${orders.get(of)!.number}/pay`),
    );
    expectUnavailable(answer);
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:outcome-unknown' });
    const { number } = orders.get(value)!;
    await until(async () => ((await member('GET', `/v1/orders/${number}`)).body as OrderJson).version === 2n);
  });
});

describe('with MongoDB cut off', () => {
  test('orders are placed, changed and read; lists are not to be had until it is back', async () => {
    mongodb.cut();
    const order = await placed(member);
    const paid = await follow(member, order.number, 'pay');
    const read = await member('GET', `/v1/orders/${order.number}`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual(paid);
    expectUnavailable(await member('GET', '/v1/members/m-1/orders'), 'order views');
    const ready = await member('GET', '/readyz');
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({ mongodb: 'down' });
    mongodb.restore();
    await until(async () => (await member('GET', '/v1/members/m-1/orders')).status === 200);
    await withViews(directMongodb, (views) => views.insertOne(viewOf(paid)));
    expect((await member('GET', '/v1/members/m-1/orders')).body).toEqual({ orders: [paid] });
  });

  test('an instance that is started meanwhile shows lists when it is back', async () => {
    mongodb.cut();
    const late = await joinTestApi(api);
    try {
      const caller = late.as('member', 'm-late');
      const order = await placed(caller);
      expectUnavailable(await caller('GET', '/v1/members/m-late/orders'), 'order views');
      mongodb.restore();
      await withViews(directMongodb, (views) => views.insertOne(viewOf(order)));
      await until(async () => (await caller('GET', '/v1/members/m-late/orders')).status === 200);
      expect((await caller('GET', '/v1/members/m-late/orders')).body).toEqual({ orders: [order] });
    } finally {
      await late.stop();
    }
  });
});
