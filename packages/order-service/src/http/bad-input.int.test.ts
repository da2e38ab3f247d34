import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type Answer, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, SHOP_ID, type ProblemJson } from '../fixtures/test-shop.ts';

let api: TestApi;
let member: Send;
let operator: Send;
let before: Readonly<Record<string, number>>;

beforeAll(async () => {
  api = await startTestApi('bad');
  operator = api.as('operator', 'op');
  member = api.as('member', 'm-1');
  await putTestShop(operator);
  before = await api.counts();
  expect(before).toMatchObject({ orders: 0, order_items: 0, idempotency_keys: 0, applied_units: 0 });
});

afterAll(() => api.stop());

/** Checks that an answer is a problem that names the field, and that nothing was stored anywhere. */
async function expectRefused(answer: Answer, status: number, field?: string): Promise<void> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  const problem = answer.body as ProblemJson;
  expect(problem).toMatchObject({
    type: expect.stringMatching(/^urn:ordershard:problem:/),
    title: expect.any(String),
    status: BigInt(status),
    detail: expect.any(String),
    instance: expect.stringMatching(/^\/v1\//),
  });
  if (field !== undefined) expect(problem.errors?.map((error) => error.field)).toContain(field);
  expect(answer.text).not.toMatch(/\.ts|node_modules|\bat .*:\d+/);
  expect(await api.counts()).toEqual(before);
}

const item = (text: string) => `{"shopId":"${SHOP_ID}","items":[${text}]}`;
const rice = '{"menuId":"rice","quantity":1}';
const withField = (text: string) => `{"shopId":"${SHOP_ID}","items":[${rice}],${text}}`;

describe('an order', () => {
  test.each<[string, string, number, string]>([
    ['without items', `{"shopId":"${SHOP_ID}"}`, 400, 'items'],
    ['of no items', item(''), 400, 'items'],
    ['at an unknown shop', `{"shopId":"none","items":[${rice}]}`, 422, 'shopId'],
    ['of an unknown menu', item(`${rice},{"menuId":"none","quantity":1}`), 422, 'items[1].menuId'],
    [
      'of a menu called as a part of objects',
      item('{"menuId":"__proto__","quantity":1}'),
      422,
      'items[0].menuId',
    ],
    ['with a negative quantity', item('{"menuId":"rice","quantity":-1}'), 400, 'items[0].quantity'],
    ['with a quantity of zero', item('{"menuId":"rice","quantity":0}'), 400, 'items[0].quantity'],
    ['with a fractional quantity', item('{"menuId":"rice","quantity":1.5}'), 400, 'items[0].quantity'],
    ['with a quantity as text', item('{"menuId":"rice","quantity":"1"}'), 400, 'items[0].quantity'],
    [
      'with a quantity as an object',
      item('{"menuId":"rice","quantity":{"$gt":0}}'),
      400,
      'items[0].quantity',
    ],
    ['with a quantity beyond numbers', item('{"menuId":"rice","quantity":1e400}'), 400, 'items[0].quantity'],
    [
      'with a price of its own',
      item('{"menuId":"rice","quantity":1,"unitPrice":1}'),
      400,
      'items[0].unitPrice',
    ],
    ['that costs too much', item('{"menuId":"gold","quantity":10000}'), 422, 'items[0].quantity'],
    ['with a negative total', withField('"expectedTotal":-4500'), 400, 'expectedTotal'],
    ['with a fractional total', withField('"expectedTotal":4500.5'), 400, 'expectedTotal'],
    ['with another total', withField('"expectedTotal":4501'), 409, 'expectedTotal'],
    ['with a query as its shop', `{"shopId":{"$ne":null},"items":[${rice}]}`, 400, 'shopId'],
    ['with a query as its note', withField('"note":{"$where":"1"}'), 400, 'note'],
    ['with __proto__', withField('"__proto__":{"memberId":"m-2"}'), 400, '__proto__'],
    [
      'with __proto__ further in',
      withField('"deliveryAddress":{"line1":"a","__proto__":{}}'),
      400,
      'deliveryAddress.__proto__',
    ],
    ['with a constructor', withField('"constructor":{"prototype":{}}'), 400, 'constructor'],
    ['with NUL in its note', withField('"note":"a\\u0000"'), 400, 'note'],
    ['with half a surrogate pair', withField('"note":"\\ud83c"'), 400, 'note'],
    ['with a note that is too long', withField(`"note":"${'x'.repeat(501)}"`), 400, 'note'],
    ['with an unknown field', withField('"status":"paid"'), 400, 'status'],
    ['that is a list', `[${withField('"note":"x"')}]`, 400, 'body'],
    ['that is null', 'null', 400, 'body'],
    ['that is a number', '1', 400, 'body'],
  ])('%s is refused', async (_, body, status, field) => {
    await expectRefused(await member('POST', '/v1/orders', body), status, field);
    const keyed = await member('POST', '/v1/orders', body, { 'Idempotency-Key': 'k' });
    await expectRefused(keyed, status, field);
  });
});

describe('a body', () => {
  test('of none', async () => {
    await expectRefused(await member('POST', '/v1/orders'), 400, 'body');
  });

  test.each([
    'hello',
    '{',
    '',
    "{'shopId':1}",
    '[1,]',
    '['.repeat(60_000),
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  ])('that is not JSON: %#', async (body) => {
    const answer = await member('POST', '/v1/orders', body, { 'Content-Type': 'application/json' });
    await expectRefused(answer, 400, body === '' ? 'body' : undefined);
  });

  test('that is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"note":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    await expectRefused(await member('POST', '/v1/orders', new Uint8Array(body)), 400);
  });

  test.each([65 * 1024, 10 * 1024 * 1024])('of %d bytes', async (bytes) => {
    const answer = await member('POST', '/v1/orders', withField(`"note":"${'x'.repeat(bytes)}"`));
    await expectRefused(answer, 413);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json; charset=utf-16',
  ])('of type %s', async (type) => {
    const answer = await member('POST', '/v1/orders', JSON.stringify(orderOf()), { 'Content-Type': type });
    await expectRefused(answer, 415);
  });

  test('that is compressed', async () => {
    const answer = await member('POST', '/v1/orders', JSON.stringify(orderOf()), {
      'Content-Encoding': 'gzip',
    });
    await expectRefused(answer, 415);
  });
});

const shop = (menu: string, more = '') => `{"name":"S","currency":"KRW","menus":[${menu}]${more}}`;

describe('a shop', () => {
  test.each<[string, string]>([
    [shop('{"menuId":"a","name":"A","price":-1}'), 'menus[0].price'],
    [shop('{"menuId":"a","name":"A","price":0.5}'), 'menus[0].price'],
    [shop('{"menuId":"a","name":"A","price":9223372036854775808}'), 'menus[0].price'],
    [shop('{"menuId":"a","name":"A","price":"1"}'), 'menus[0].price'],
    [shop('{"menuId":"a b","name":"A","price":1}'), 'menus[0].menuId'],
    [shop('', ',"shopId":"x"'), 'shopId'],
    ['{"name":"S","currency":"won","menus":[]}', 'currency'],
    ['{"name":"S","currency":"KRW"}', 'menus'],
  ])('%s is refused for %s', async (body, field) => {
    await expectRefused(await operator('PUT', '/v1/shops/new', body), 400, field);
  });

  test('with a menu id that is there twice is refused', async () => {
    const twice = shop('{"menuId":"a","name":"A","price":1},{"menuId":"a","name":"B","price":1}');
    const answer = await operator('PUT', '/v1/shops/new', twice);
    await expectRefused(answer, 422, 'menus[1].menuId');
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:refused-shop' });
  });

  test('with an id that cannot be one is refused', async () => {
    await expectRefused(await operator('PUT', `/v1/shops/${'x'.repeat(65)}`, shop('')), 400, 'shopId');
    await expectRefused(await operator('PUT', '/v1/shops/a%20b', shop('')), 400, 'shopId');
    await expectRefused(await operator('PUT', '/v1/shops/%ff', shop('')), 400);
  });
});

describe('a command', () => {
  let number: string;

  beforeAll(async () => {
    ({ number } = await placed(member));
    before = await api.counts();
  });

  test.each<[string, string, string]>([
    ['pay', '{"amount":1}', 'amount'],
    ['pay', '[]', 'body'],
    ['pay', 'null', 'body'],
    ['cancel', '{}', 'reason'],
    ['cancel', '{"reason":""}', 'reason'],
    ['cancel', '{"reason":{"$gt":""}}', 'reason'],
    ['cancel', `{"reason":"${'x'.repeat(501)}"}`, 'reason'],
    ['cancel', '{"reason":"a","by":"shop"}', 'by'],
  ])('%s: %#', async (command, body, field) => {
    await expectRefused(await member('POST', `/v1/orders/${number}/${command}`, body), 400, field);
  });

  test.each(['0', '1', '9223372036854775807', '9223372036854775808', '-1', '1.0', 'x', '1%00', '{"$ne":1}'])(
    'on order %s is refused',
    async (unknown) => {
      const path = `/v1/orders/${encodeURIComponent(unknown)}`;
      await expectRefused(await member('POST', `${path}/pay`, {}), 404);
      await expectRefused(await member('GET', path), 404);
    },
  );
});

test.each<[string, string]>([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['limit[$gt]=1', 'limit[$gt]'],
  ['cursor=x', 'cursor'],
  ['cursor=', 'cursor'],
  ['memberId=m-2', 'memberId'],
])('a list with %s is refused for %s', async (query, field) => {
  await expectRefused(await member('GET', `/v1/members/m-1/orders?${query}`), 400, field);
});
