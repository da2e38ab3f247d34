import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lowestNumberAt, withShardSessions } from '@ordershard/shard-router';
import { startTestApi, type TestApi } from '../fixtures/test-api.ts';
import {
  AWKWARD_TEXT,
  BEYOND_DOUBLE,
  orderOf,
  placed,
  putTestShop,
  SHOP_ID,
  type OrderJson,
} from '../fixtures/test-shop.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi('place');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

test('an order is stored whole, with its event, on one shard, and can be read at once', async () => {
  const member = api.as('member', 'm-1');
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const answer = await member('POST', '/v1/orders', orderOf('rice', 3), { traceparent });
  const order = answer.body as OrderJson;
  expect(answer.status).toBe(201);
  expect(answer.headers.get('Location')).toBe(`/v1/orders/${order.number}`);
  expect(order).toMatchObject({
    version: 1n,
    status: 'created',
    memberId: 'm-1',
    shopId: SHOP_ID,
    currency: 'KRW',
    total: 13_500n,
    items: [{ line: 1n, menuId: 'rice', unitPrice: 4_500n, quantity: 3n, amount: 13_500n }],
    timeline: [{ status: 'created', at: order['placedAt'] }],
  });
  expect(
    await api.rows('SELECT version, total FROM orders WHERE number = ?', [BigInt(order.number)]),
  ).toEqual([{ version: 1, total: '13500' }]);
  const events = (
    await Promise.all(
      [0, 1, 2, 3].map((n) =>
        api.rows<Record<string, unknown>>(`SELECT * FROM outbox_orders_${n} WHERE aggregateid = ?`, [
          order.number,
        ]),
      ),
    )
  ).flat();
  expect(events).toEqual([
    expect.objectContaining({
      event_id: `${order.number}-1`,
      type: 'order.created',
      sequence: 1,
      traceparent,
    }),
  ]);
  expect(JSON.parse(events[0]!['payload'] as string)).toMatchObject({ number: order.number, total: '13500' });
  const read = await member('GET', `/v1/orders/${order.number}`);
  expect(read.status).toBe(200);
  expect(read.body).toEqual(order);
});

const expecting = (expected: bigint) =>
  `{"shopId":"${SHOP_ID}","items":[{"menuId":"gold","quantity":3},{"menuId":"rice","quantity":1}],"expectedTotal":${expected}}`;

test('amounts beyond 2^53 are exact on the way in, in the database and on the way out', async () => {
  const member = api.as('member', 'm-2');
  const total = BEYOND_DOUBLE * 3n + 4_500n;
  const off = await member('POST', '/v1/orders', expecting(total - 1n));
  expect(off.status).toBe(409);
  expect(off.body).toMatchObject({ errors: [{ field: 'expectedTotal' }] });
  const answer = await member('POST', '/v1/orders', expecting(total));
  expect(answer.status).toBe(201);
  expect(answer.text).toContain(`"total":${total}`);
  const { number } = answer.body as OrderJson;
  expect(
    await api.rows('SELECT CAST(total AS CHAR) AS total FROM orders WHERE number = ?', [BigInt(number)]),
  ).toEqual([{ total: `${total}` }]);
  expect((await member('GET', `/v1/orders/${number}`)).text).toBe(answer.text);
});

test('text comes back as it was sent', async () => {
  const member = api.as('member', 'm-3');
  const deliveryAddress = { line1: AWKWARD_TEXT, line2: AWKWARD_TEXT, city: '서울', postalCode: "0'1" };
  const order = await placed(member, { ...orderOf(), note: AWKWARD_TEXT, deliveryAddress });
  const read = await member('GET', `/v1/orders/${order.number}`);
  expect(read.body).toMatchObject({
    note: AWKWARD_TEXT,
    deliveryAddress,
    shopName: AWKWARD_TEXT,
    items: [{ name: AWKWARD_TEXT }],
  });
});

describe('whose order it is', () => {
  test('a member’s own, said or not', async () => {
    const member = api.as('member', 'm-4');
    expect(await placed(member, { ...orderOf(), memberId: 'm-4' })).toMatchObject({ memberId: 'm-4' });
    const answer = await member('POST', '/v1/orders', { ...orderOf(), memberId: 'm-5' });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ errors: [{ field: 'memberId' }] });
  });

  test('a service and an operator say whose', async () => {
    for (const role of ['service', 'operator'] as const) {
      const caller = api.as(role, 'x');
      expect(await placed(caller, { ...orderOf(), memberId: 'm-6' })).toMatchObject({ memberId: 'm-6' });
      const answer = await caller('POST', '/v1/orders', orderOf());
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ errors: [{ field: 'memberId' }] });
    }
  });

  test('shops place none', async () => {
    const answer = await api.as('shop', SHOP_ID)('POST', '/v1/orders', orderOf());
    expect(answer.status).toBe(403);
  });
});

test('orders without a key spread over the shards', async () => {
  const member = api.as('member', 'm-7');
  await Promise.all(Array.from({ length: 40 }, () => placed(member)));
  const counts = await api.rows<{ n: string }>("SELECT COUNT(*) AS n FROM orders WHERE member_id = 'm-7'");
  expect(counts.map(({ n }) => Number(n)).every((n) => n > 0)).toBe(true);
  expect(counts.reduce((sum, { n }) => sum + Number(n), 0)).toBe(40);
});

const shop = (name: string) => ({ name, currency: 'KRW', menus: [{ menuId: 'a', name: 'A', price: 1 }] });

describe('shops', () => {
  test('are created, replaced and read, the same on every shard', async () => {
    const operator = api.as('operator', 'op');
    expect((await operator('PUT', '/v1/shops/new', shop('One'))).status).toBe(201);
    const replaced = await operator('PUT', '/v1/shops/new', shop('Two'));
    expect(replaced.status).toBe(200);
    const read = await api.as('member', 'm-1')('GET', '/v1/shops/new');
    expect(read.status).toBe(200);
    expect(read.text).toBe(replaced.text);
    const rows = await api.rows<{ revision: string; body: string }>(
      "SELECT revision, body FROM catalogue_shops WHERE shop_id = 'new'",
    );
    expect(rows).toHaveLength(api.shards.length);
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(1);
  });

  test('are written by operators and services only', async () => {
    for (const role of ['member', 'shop'] as const) {
      expect((await api.as(role, SHOP_ID)('PUT', `/v1/shops/${SHOP_ID}`, shop('x'))).status).toBe(403);
    }
    expect((await api.as('service', 's')('PUT', '/v1/shops/other', shop('x'))).status).toBe(201);
  });

  test('that are not there are 404', async () => {
    expect((await api.as('member', 'm')('GET', '/v1/shops/none')).status).toBe(404);
  });

  test('keep a change that comes after one by an instance whose clock was hours ahead', async () => {
    const operator = api.as('operator', 'op');
    await operator('PUT', '/v1/shops/ahead', shop('Early'));
    const twoHours = 7_200_000n << 22n;
    await withShardSessions(api.shards, (session) =>
      session.execute("UPDATE catalogue_shops SET revision = revision + ? WHERE shop_id = 'ahead'", [
        lowestNumberAt(Date.now()) + twoHours,
      ]),
    );
    expect((await operator('PUT', '/v1/shops/ahead', shop('Late'))).body).toMatchObject({ name: 'Late' });
    expect((await operator('GET', '/v1/shops/ahead')).body).toMatchObject({ name: 'Late' });
    const rows = await api.rows<{ body: string }>("SELECT body FROM catalogue_shops WHERE shop_id = 'ahead'");
    expect(rows.map(({ body }) => (JSON.parse(body) as { name: string }).name)).toEqual(
      api.shards.map(() => 'Late'),
    );
  });

  test('of which two versions race end the same everywhere', async () => {
    const operator = api.as('operator', 'op');
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => operator('PUT', '/v1/shops/raced', shop(`v${n}`))),
    );
    const rows = await api.rows<{ revision: string; body: string }>(
      "SELECT revision, body FROM catalogue_shops WHERE shop_id = 'raced'",
    );
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(1);
  });
});
