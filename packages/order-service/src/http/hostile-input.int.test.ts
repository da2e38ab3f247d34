import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { viewOf, withViews } from '../fixtures/test-views.ts';
import { MALFORMED_JSON } from './malformed-json.fixture.ts';

let api: TestApi;
let member: Send;
let operator: Send;
let mine: OrderJson;
let theirs: OrderJson;

beforeAll(async () => {
  api = await startTestApi('hostile');
  member = api.as('member', 'm-1');
  operator = api.as('operator', 'op');
  await putTestShop(operator);
  mine = await placed(member);
  theirs = await placed(api.as('member', 'm-2'));
  await withViews(api.env['ORDERSHARD_MONGODB_URL']!, (views) =>
    views.insertMany([viewOf(mine), viewOf(theirs)]),
  );
});

afterAll(() => api.stop());

const INJECTIONS = [
  "' OR '1'='1",
  "1' OR 1=1 -- ",
  '1; DROP TABLE orders',
  "m-2' UNION SELECT 1,2,3 -- ",
  '{"$ne":null}',
  '[$ne]',
  '{"$gt":""}',
  "';return true;var a='",
  '$where',
  'm-2%00',
  '../m-2/orders',
  'm-1%2F..%2F..%2Fm-2',
];

describe('operators and fragments of queries', () => {
  test.each(INJECTIONS)('%j in a path reach nothing of others', async (text) => {
    for (const path of [
      `/v1/orders/${encodeURIComponent(text)}`,
      `/v1/orders/${encodeURIComponent(text)}/history`,
      `/v1/members/${encodeURIComponent(text)}/orders`,
      `/v1/shops/${encodeURIComponent(text)}/orders`,
      `/v1/shops/${encodeURIComponent(text)}`,
    ]) {
      const answer = await member('GET', path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toContain(theirs.number);
    }
  });

  test.each([
    'status[$ne]=created',
    'status=created&status=paid',
    'status=%7B%22%24ne%22%3Anull%7D',
    'status[]=created',
    'from[$gt]=2020-01-01T00:00:00Z',
    'from=2026-02-30',
    'limit[$gt]=1',
    'limit=1e2',
    'cursor[$ne]=x',
    'cursor=__________8',
    '__proto__[x]=1',
    'constructor=1',
    'memberId=m-2',
    'atLeast=1-1',
  ])('%s in a query is refused', async (query) => {
    const answer = await member('GET', `/v1/orders?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(theirs.number);
  });

  test.each<[string, Record<string, string>]>([
    ['Idempotency-Key', { 'Idempotency-Key': "' OR 1=1 -- " }],
    ['If-Match', { 'If-Match': '{"$ne":1}' }],
  ])('in %s are refused or are text', async (_, headers) => {
    const answer = await member('POST', `/v1/orders/${theirs.number}/pay`, {}, headers);
    expect([400, 404]).toContain(answer.status);
  });

  test('left both orders as they were', async () => {
    const rows = await api.rows<{ number: string; version: number }>('SELECT number, version FROM orders');
    expect(Object.fromEntries(rows.map(({ number, version }) => [number, version]))).toEqual({
      [mine.number]: 1,
      [theirs.number]: 1,
    });
  });
});

describe('fields that callers may not set', () => {
  const rice = { menuId: 'rice', quantity: 1 };
  test.each([
    { status: 'delivered' },
    { version: 9 },
    { total: 1 },
    { number: '1' },
    { shopName: 'x' },
    { currency: 'USD' },
    { timeline: [] },
    { placedAt: '2020-01-01T00:00:00Z' },
    { items: [{ ...rice, unitPrice: 1 }] },
    { items: [{ ...rice, amount: 1 }] },
    { items: [{ ...rice, name: 'x' }] },
    { memberId: 'm-2' },
    { deliveryAddress: { line1: 'x', bucket: 1 } },
  ])('%j are refused', async (change) => {
    const before = await api.counts();
    for (const [method, path] of [
      ['POST', '/v1/orders'],
      ['PUT', `/v1/orders/${((await member('POST', '/v1/order-numbers')).body as OrderJson).number}`],
    ] as const) {
      const answer = await member(method, path, { ...orderOf(), ...change });
      expect([400, 403]).toContain(answer.status);
    }
    expect(await api.counts()).toEqual(before);
  });

  test('of prototypes reach no prototype', async () => {
    for (const field of ['__proto__', 'constructor', 'prototype']) {
      const body = `{"shopId":"${SHOP_ID}","items":[{"menuId":"rice","quantity":1}],"${field}":{"polluted":true,"role":"operator"}}`;
      expect((await member('POST', '/v1/orders', body)).status).toBe(400);
      expect(
        (
          await member(
            'POST',
            `/v1/orders/${mine.number}/cancel`,
            `{"reason":"r","${field}":{"by":"operator"}}`,
          )
        ).status,
      ).toBe(400);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  });
});

test('every malformed body is refused, and nothing else of it is noticed', async () => {
  expect(MALFORMED_JSON.length).toBeGreaterThan(100);
  const before = await api.counts();
  for (const body of MALFORMED_JSON) {
    const answer = await member('POST', '/v1/orders', new Uint8Array(body), {
      'Content-Type': 'application/json',
    });
    expect([body.toString('latin1'), answer.status]).toEqual([body.toString('latin1'), 400]);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  }
  expect(await api.counts()).toEqual(before);
});

test.each([
  'GET /v1/orders/1 HTTP/9.9\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
  '\u0000\u0001\u0002\r\n\r\n',
])('what is no request of HTTP is answered with 4xx and the connection closed: %#', async (text) => {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(text);
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
});
