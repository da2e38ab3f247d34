import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { mintToken } from '@ordershard/stack';
import { connect } from 'node:net';
import { send, startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, type ProblemJson } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';
import { startApi } from '../serve.ts';
import { readApiSettings } from '../settings.ts';

let api: TestApi;
let member: Send;

beforeAll(async () => {
  api = await startTestApi('api');
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

const ask = (authorization?: string) =>
  send(api.url, 'GET', '/v1/orders/1', undefined, authorization === undefined ? {} : { authorization });

describe('a caller', () => {
  test('without a token is asked for one', async () => {
    for (const answer of [
      await ask(),
      await ask('Basic YTpi'),
      await ask('Bearer'),
      await ask('Bearer a b'),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="ordershard"');
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    }
  });

  test('with a token that is not good is told so', async () => {
    const expired = await mintToken({ role: 'member', subject: 'm-1', ttlSeconds: -60 }, api.env);
    const foreign = await mintToken(
      { role: 'member', subject: 'm-1' },
      { ...api.env, ORDERSHARD_JWT_ISSUER: 'https://other.test' },
    );
    for (const token of ['abc', expired, foreign, `${foreign.slice(0, -4)}AAAA`]) {
      const answer = await ask(`Bearer ${token}`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toMatch(
        /^Bearer realm="ordershard", error="invalid_token", /,
      );
    }
  });

  test('with a good one gets through, again and again', async () => {
    for (let n = 0; n < 3; n += 1) expect((await member('GET', '/v1/orders/1')).status).toBe(404);
  });
});

describe('a path', () => {
  test.each([
    '/',
    '/v2/orders',
    '/v1',
    '/v1/nothing',
    '/v1/orders/1/eat',
    '/v1/orders/1/pay/x',
    '//v1/orders',
  ])('%s that is not there is 404', async (path) => {
    const answer = await member('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:not-found', instance: path });
  });

  test.each([
    ['DELETE', '/v1/orders', 'POST, GET, HEAD'],
    ['GET', '/v1/order-changes', 'POST'],
    ['PATCH', '/v1/orders/1', 'PUT, GET, HEAD'],
    ['GET', '/v1/orders/1/pay', 'POST'],
    ['POST', '/v1/shops/a', 'GET, PUT, HEAD'],
    ['OPTIONS', '/v1/members/m-1/orders', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
  ])('does not answer to every method: %s %s', async (method, path, allowed) => {
    const answer = await member(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toBe(allowed);
    expect((answer.body as ProblemJson).type).toBe('urn:ordershard:problem:method-not-allowed');
  });

  test('answers HEAD like GET, without a body', async () => {
    const { number } = await placed(member);
    const [head, get] = [
      await member('HEAD', `/v1/orders/${number}`),
      await member('GET', `/v1/orders/${number}`),
    ];
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers.get('Content-Length')).toBe(get.headers.get('Content-Length'));
  });
});

describe('every answer', () => {
  test('has a request id, the caller’s own if it is usable', async () => {
    const own = await member('GET', '/v1/orders/1', undefined, { 'X-Request-Id': 'abc-1' });
    expect(own.headers.get('X-Request-Id')).toBe('abc-1');
    const given = await member('GET', '/v1/orders/1', undefined, { 'X-Request-Id': 'a b<script>' });
    expect(given.headers.get('X-Request-Id')).toMatch(/^[\da-f-]{36}$/);
  });

  test('tells browsers and caches to leave it alone, and nothing of what made it', async () => {
    for (const answer of [await member('GET', '/livez'), await member('GET', '/v1/orders/1')]) {
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(answer.headers.get('Content-Security-Policy')).toBe("default-src 'none'");
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(answer.headers.get('X-Powered-By')).toBeNull();
    }
  });
});

test('health needs no token', async () => {
  expect((await send(api.url, 'GET', '/livez')).body).toEqual({ status: 'ok' });
  const ready = () => send(api.url, 'GET', '/readyz');
  await until(async () => ((await ready()).body as { status: string }).status === 'ok');
  expect((await ready()).body).toMatchObject({
    shards: [
      { shard: 0n, state: 'up' },
      { shard: 1n, state: 'up' },
    ],
    mongodb: 'up',
  });
});

test('a stop lets requests under way finish, and ends connections that are kept alive', async () => {
  const running = await startApi(
    readApiSettings({ ...api.env, ORDERSHARD_API_PORT: '0' }),
    createLogger('api', 'silent'),
  );
  const token = await mintToken({ role: 'member', subject: 'm-1' }, api.env);
  const body = JSON.stringify(orderOf());
  const idle = connect(running.port, '127.0.0.1');
  const busy = connect(running.port, '127.0.0.1');
  const received: string[] = [];
  const closed = Promise.all(
    [idle, busy].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  );
  busy.on('data', (chunk: Buffer) => received.push(chunk.toString()));
  idle.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => idle.once('data', resolve));
  busy.write(
    `POST /v1/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await until(() => Promise.resolve(received.join('').includes('100 Continue')));
  const stopped = running.stop();
  await until(async () => {
    const probe = connect(running.port, '127.0.0.1');
    return new Promise((resolve) => {
      probe.once('error', () => resolve(true));
      probe.once('connect', () => {
        probe.destroy();
        resolve(false);
      });
    });
  });
  busy.write(body);
  await Promise.all([stopped, closed]);
  expect(received.join('')).toMatch(/HTTP\/1\.1 201 Created/);
});
