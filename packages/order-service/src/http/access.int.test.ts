import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACTORS, type Actor } from '@ordershard/order-events';
import { send, startTestApi, type Answer, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';
import type { OpenApi, OperationObject } from './openapi/generated.fixture.ts';

interface Route extends OperationObject {
  readonly method: string;
  readonly path: string;
}

/** Numbers of no order. */
const MISSING = '123456789';
const STRANGERS: Readonly<Record<Actor, string>> = {
  member: 'm-x',
  shop: 'shop-x',
  operator: 'op',
  service: 'svc',
};

let api: TestApi;
let routes: readonly Route[];
let order: OrderJson;

beforeAll(async () => {
  api = await startTestApi('access');
  await putTestShop(api.as('operator', 'op'));
  order = await placed(api.as('member', 'm-owner'));
  await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) => views.insertOne(viewOf(order)));
  // What is served, not what the code says of itself.
  const document = (await send(api.url, 'GET', '/openapi.json')).body as OpenApi;
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
});

afterAll(() => api.stop());

/** A body that the operation takes, about an order. */
function bodyOf({ operationId, requestBody }: Route, number: string): unknown {
  if (requestBody === undefined) return undefined;
  if (operationId === 'placeOrder' || operationId === 'placeNumberedOrder') return orderOf();
  if (operationId === 'changeOrders') {
    return {
      changes: [
        { number, command: 'pay' },
        { number, command: 'cancel', reason: 'r' },
      ],
    };
  }
  if (operationId === 'putShop') return { name: 'S', currency: 'KRW', menus: [] };
  return operationId === 'cancelOrder' || operationId === 'refundOrder' ? { reason: 'r' } : {};
}

async function ask(route: Route, role: Actor, number: string, owner: string, shop: string): Promise<Answer> {
  const path = route.path.replace('{number}', number).replace('{memberId}', owner).replace('{shopId}', shop);
  return api.as(role, STRANGERS[role])(route.method, path, bodyOf(route, number));
}

const guarded = () => routes.filter((route) => route['x-roles'] !== undefined);

test('every route but those about the service itself takes a token', async () => {
  expect(guarded().length).toBeGreaterThan(18);
  for (const route of routes) {
    const answer = await send(
      api.url,
      route.method,
      route.path.replaceAll(/\{\w+\}/g, '1'),
      bodyOf(route, '1'),
    );
    expect([route.operationId, answer.status]).toEqual([
      route.operationId,
      route['x-roles'] === undefined ? 200 : 401,
    ]);
  }
  expect(
    routes.filter((route) => route['x-roles'] === undefined).map(({ operationId }) => operationId),
  ).toEqual(['livez', 'readyz', 'metrics', 'openApi']);
});

describe.each(ACTORS)('a %s', (role) => {
  const stranger = role === 'member' || role === 'shop';

  test('is refused wherever its role has no business, whatever is there', async () => {
    for (const route of guarded().filter((each) => !each['x-roles']!.includes(role))) {
      for (const number of [order.number, MISSING]) {
        const answer = await ask(route, role, number, 'm-owner', SHOP_ID);
        expect([route.operationId, answer.status]).toEqual([route.operationId, 403]);
      }
    }
  });

  test('finds someone else’s order no more than one that is not there', async () => {
    if (!stranger) return expect(role).toMatch(/operator|service/);
    let asked = 0;
    for (const route of guarded().filter((each) => each['x-roles']!.includes(role))) {
      if (
        !route.path.includes('{number}') &&
        !route.path.includes('{memberId}') &&
        !route.path.endsWith('/orders')
      )
        continue;
      if (route.operationId === 'placeOrder') continue;
      asked += 1;
      const theirs = await ask(route, role, order.number, 'm-owner', SHOP_ID);
      const none = await ask(route, role, MISSING, 'm-none', 'shop-none');
      expect(theirs.text).not.toContain('m-owner"');
      if (route.operationId === 'searchOrders') {
        expect(theirs.text).toBe('{"orders":[]}');
        continue;
      }
      expect([route.operationId, theirs.status]).toEqual([
        route.operationId,
        route.operationId === 'placeNumberedOrder' ? 409 : route.path.includes('{number}') ? 404 : 403,
      ]);
      const same = (text: string, path: string) =>
        text.replaceAll(path, MISSING).replaceAll(/\/v1\/(members|shops)\/[^/]*\//g, '/v1/$1/x/');
      expect(same(theirs.text, order.number)).toBe(same(none.text, MISSING));
    }
    expect(asked).toBeGreaterThan(5);
    const bulk = guarded().find(({ operationId }) => operationId === 'changeOrders')!;
    const theirs = (await ask(bulk, role, order.number, '', '')).body as { results: { status: bigint }[] };
    const none = (await ask(bulk, role, MISSING, '', '')).body as { results: { status: bigint }[] };
    expect(theirs.results.map(({ status }) => status)).toEqual(none.results.map(({ status }) => status));
    expect(theirs.results.every(({ status }) => status === 404n || status === 403n)).toBe(true);
  });
});

test('none of it changed the order, or placed one for somebody else', async () => {
  const read = await api.as('member', 'm-owner')('GET', `/v1/orders/${order.number}?minVersion=1`);
  expect(read.body).toEqual(order);
  const rows = await api.rows<{ version: number }>("SELECT version FROM orders WHERE member_id = 'm-owner'");
  expect(rows).toEqual([{ version: 1 }]);
});
