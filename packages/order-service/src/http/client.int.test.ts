import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiProblemError,
  createOrderClient,
  type OrderClient,
  type OrderClientOptions,
} from '@ordershard/order-client';
import { mintToken, type TokenClaims } from '@ordershard/stack';
import { startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { BEYOND_DOUBLE, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';
import { parseJson } from './json.ts';

let api: TestApi;
let member: OrderClient;
let service: OrderClient;

const clientOf = (role: TokenClaims['role'], subject: string, options: Partial<OrderClientOptions> = {}) =>
  createOrderClient({ baseUrl: api.url, token: () => mintToken({ role, subject }, api.env), ...options });

beforeAll(async () => {
  api = await startTestApi('client');
  await putTestShop(api.as('operator', 'op'));
  member = clientOf('member', 'm-1');
  service = clientOf('service', 'svc');
});

afterAll(() => api.stop());

const order = { shopId: SHOP_ID, items: [{ menuId: 'gold', quantity: 1 }] };

/** Puts the view of an order as it is at a version, or later. */
const project = async (number: string, version: number) => {
  const { text } = await api.as('service', 'svc')('GET', `/v1/orders/${number}?minVersion=${version}`);
  await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) =>
    views.replaceOne({ _id: BigInt(number) }, viewOf(parseJson(text) as OrderJson), { upsert: true }),
  );
};

test('places, reads and changes orders, with amounts to the last digit', async () => {
  const placed = await member.placeOrder({ body: { ...order, expectedTotal: BEYOND_DOUBLE } });
  expect(placed).toMatchObject({ status: 201, etag: '"1"', replayed: false });
  expect(placed.body).toMatchObject({ version: 1, total: BEYOND_DOUBLE, items: [{ line: 1, quantity: 1 }] });
  const path = { number: placed.body.number };
  const paid = await member.payOrder({ path, headers: { 'If-Match': placed.etag! } });
  expect(paid.orderVersion).toBe(`${path.number}-2`);
  expect((await member.getOrder({ path, query: { minVersion: 2 } })).body).toEqual(paid.body);
  expect((await member.getOrder({ path, headers: { 'If-None-Match': '"2"' } })).status).toBe(304);
  const history = await member.getOrderHistory({ path });
  expect(history.body.entries.map(({ type }) => type)).toEqual(['order.created', 'order.paid']);
  const bulk = await service.changeOrders({
    body: {
      changes: [
        { number: path.number, command: 'accept' },
        { number: '1', command: 'pay' },
      ],
    },
  });
  expect(bulk.body.results.map(({ status }) => status)).toEqual([200, 404]);
});

test('places under a number that it asked for', async () => {
  const { body } = await member.drawOrderNumber({});
  const placed = await member.placeNumberedOrder({ path: { number: body.number }, body: order });
  const again = await member.placeNumberedOrder({ path: { number: body.number }, body: order });
  expect([placed.status, again.status, again.replayed]).toEqual([201, 200, true]);
  expect(again.body).toEqual(placed.body);
});

test('lists and searches, page by page', async () => {
  const caller = clientOf('member', 'm-list');
  const numbers: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { body } = await caller.placeOrder({ body: order });
    numbers.unshift(body.number);
    await project(body.number, 1);
  }
  const path = { memberId: 'm-list' };
  const first = await caller.listOrdersOfMember({ path, query: { limit: 2, atLeast: `${numbers[0]}-1` } });
  const second = await caller.listOrdersOfMember({
    path,
    query: { limit: 2, cursor: first.body.nextCursor! },
  });
  expect([...first.body.orders, ...second.body.orders].map(({ number }) => number)).toEqual(numbers);
  const found = await caller.searchOrders({
    query: { status: 'created,paid', from: '2025-01-01T00:00:00Z' },
  });
  expect(found.body.orders.map(({ number }) => number)).toEqual(numbers);
});

test('rejects with what the API says', async () => {
  const refused = member.getOrder({ path: { number: '1' } });
  await expect(refused).rejects.toThrow(ApiProblemError);
  await expect(refused).rejects.toMatchObject({ type: 'order-not-found', retryable: false });
  const invalid = member.placeOrder({ body: { ...order, items: [] } });
  await expect(invalid).rejects.toMatchObject({ problem: { status: 400, errors: [{ field: 'items' }] } });
});

describe('when answers are lost', () => {
  /** Carries requests out and loses the first answers. */
  const losing = (lost: number): { readonly fetch: typeof fetch; readonly sent: () => number } => {
    let sent = 0;
    return {
      sent: () => sent,
      fetch: async (...request) => {
        const response = await fetch(...request);
        sent += 1;
        if (sent > lost) return response;
        await response.arrayBuffer();
        throw new TypeError('fetch failed');
      },
    };
  };

  test('an order is placed once all the same', async () => {
    const line = losing(2);
    const caller = clientOf('member', 'm-lost', { fetch: line.fetch });
    const placed = await caller.placeOrder({ body: order });
    expect(placed.replayed).toBe(true);
    expect(line.sent()).toBe(3);
    expect(await api.rows("SELECT 1 FROM orders WHERE member_id = 'm-lost'")).toHaveLength(1);
  });

  test('it gives up after as many tries as it may', async () => {
    const line = losing(9);
    const caller = clientOf('member', 'm-given-up', { fetch: line.fetch, tries: 2 });
    await expect(caller.getOrder({ path: { number: '1' } })).rejects.toMatchObject({
      code: 'CLIENT_CONNECTION',
    });
    expect(line.sent()).toBe(2);
  });
});

describe('following an order', () => {
  test('yields every version once, though streams are cut, until there is nothing to come', async () => {
    const { body } = await member.placeOrder({ body: order });
    const path = { number: body.number };
    let streams = 0;
    const caller = clientOf('member', 'm-1', {
      // Each stream is cut once it has brought an event.
      fetch: async (...request) => {
        const response = await fetch(...request);
        if (response.body === null) return response;
        streams += 1;
        const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
        let text = '';
        const decoder = new TextDecoder();
        const stream = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (text.includes('data:')) {
              await reader.cancel();
              controller.error(new TypeError('terminated'));
              return;
            }
            const { done, value } = await reader.read();
            if (done) {
              controller.close();
              return;
            }
            text += decoder.decode(value, { stream: true });
            controller.enqueue(value);
          },
          cancel: () => reader.cancel(),
        });
        return new Response(stream, { status: response.status, headers: response.headers });
      },
    });
    const seen: number[] = [];
    const steps = [
      () => service.payOrder({ path }),
      () => service.cancelOrder({ path, body: { reason: 'r' } }),
      () => service.refundOrder({ path, body: { reason: 'r' } }),
    ];
    for await (const event of caller.follow(body.number)) {
      seen.push(event.version);
      const step = steps.shift();
      if (step === undefined) continue;
      await step();
      await project(body.number, event.version + 1);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(streams).toBeGreaterThan(2);
  });

  test('ends when its caller says so', async () => {
    const { body } = await member.placeOrder({ body: order });
    const aborter = new AbortController();
    const following = (async () => {
      for await (const { version } of member.follow(body.number, { signal: aborter.signal })) {
        if (version === 1) aborter.abort(new Error('enough'));
      }
    })();
    await expect(following).rejects.toThrow('enough');
  });

  test('of someone else’s is refused', async () => {
    const { body } = await member.placeOrder({ body: order });
    const following = clientOf('member', 'm-2').follow(body.number).next();
    await expect(following).rejects.toMatchObject({ type: 'order-not-found' });
  });
});
