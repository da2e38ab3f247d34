import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';

interface Page {
  readonly orders: readonly OrderJson[];
  readonly nextCursor?: string;
}

let api: TestApi;
let member: Send;
let orders: readonly OrderJson[];

beforeAll(async () => {
  api = await startTestApi('views');
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
  const mine: OrderJson[] = [];
  for (let n = 0; n < 25; n += 1)
    mine.push(await placed(member, { ...orderOf('gold'), note: `n-${n} $set` }));
  const theirs = await placed(api.as('member', 'm-2'));
  orders = mine;
  await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) =>
    views.insertMany([...mine.slice(0, 24), theirs].map(viewOf)),
  );
});

afterAll(() => api.stop());

const numbersOf = ({ orders: page }: Page) => page.map(({ number }) => number);
const newestFirst = () =>
  orders
    .slice(0, 24)
    .map(({ number }) => number)
    .toReversed();

describe('one order', () => {
  test('is its view, exact to the unit', async () => {
    const answer = await member('GET', `/v1/orders/${orders[3]!.number}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(orders[3]);
  });

  test('is read from the view, not from the shard, once there is one', async () => {
    const { number } = orders[4]!;
    await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) =>
      views.updateOne({ _id: BigInt(number) }, { $set: { note: 'from the view' } }),
    );
    expect((await member('GET', `/v1/orders/${number}`)).body).toMatchObject({ note: 'from the view' });
  });

  test('comes from the shard until then', async () => {
    const answer = await member('GET', `/v1/orders/${orders[24]!.number}`);
    expect(answer.body).toEqual(orders[24]);
  });

  test('of someone else is not found, by view and by shard', async () => {
    for (const { number } of [orders[3]!, orders[24]!]) {
      expect((await api.as('member', 'm-2')('GET', `/v1/orders/${number}`)).status).toBe(404);
      expect((await api.as('shop', 'shop-2')('GET', `/v1/orders/${number}`)).status).toBe(404);
      expect((await api.as('shop', SHOP_ID)('GET', `/v1/orders/${number}`)).status).toBe(200);
    }
  });
});

describe('a list', () => {
  test('has every order once, the newest first, page by page', async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let cursor = ''; ;) {
      const answer = await member('GET', `/v1/members/m-1/orders?limit=10${cursor}`);
      expect(answer.status).toBe(200);
      const page = answer.body as Page;
      seen.push(...numbersOf(page));
      sizes.push(page.orders.length);
      if (page.nextCursor === undefined) break;
      expect(page.nextCursor).toMatch(/^[\w-]+$/);
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(sizes).toEqual([10, 10, 4]);
    expect(seen).toEqual(newestFirst());
  });

  test('that ends with a full page has no next one', async () => {
    const page = (await member('GET', '/v1/members/m-1/orders?limit=24')).body as Page;
    expect(page.orders).toHaveLength(24);
    expect(page).not.toHaveProperty('nextCursor');
  });

  test('is stable while orders come in', async () => {
    const first = (await member('GET', '/v1/members/m-1/orders?limit=5')).body as Page;
    const late = await placed(member);
    await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) => views.insertOne(viewOf(late)));
    const second = (await member('GET', `/v1/members/m-1/orders?limit=5&cursor=${first.nextCursor}`))
      .body as Page;
    expect(numbersOf(second)).toEqual(newestFirst().slice(5, 10));
  });

  test('of a shop has its orders of all members', async () => {
    const page = (await api.as('shop', SHOP_ID)('GET', `/v1/shops/${SHOP_ID}/orders?limit=100`)).body as Page;
    expect(new Set(page.orders.map((order) => order['memberId']))).toEqual(new Set(['m-1', 'm-2']));
  });

  test('of nobody is empty', async () => {
    const answer = await api.as('service', 's')('GET', '/v1/members/m-9/orders');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"orders":[]}');
  });

  test('of someone else is refused', async () => {
    for (const [caller, path] of [
      [member, '/v1/members/m-2/orders'],
      [member, `/v1/shops/${SHOP_ID}/orders`],
      [api.as('shop', SHOP_ID), '/v1/members/m-1/orders'],
      [api.as('shop', 'shop-2'), `/v1/shops/${SHOP_ID}/orders`],
      [api.as('member', SHOP_ID), `/v1/shops/${SHOP_ID}/orders`],
    ] as const) {
      expect((await caller('GET', path)).status).toBe(403);
    }
    expect((await api.as('operator', 'o')('GET', '/v1/members/m-1/orders')).status).toBe(200);
  });
});
