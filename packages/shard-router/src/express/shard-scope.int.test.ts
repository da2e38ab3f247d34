import { once } from 'node:events';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import { RouterError } from '../errors.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';
import { shardScope } from './index.ts';

let cluster: TestCluster;
let router: ShardRouter;
let server: Server;
/** Called when the handler of `/hang` has begun. */
let hanging = Promise.withResolvers<() => Promise<unknown>>();

const codeToClient: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(500).json({ code: error instanceof RouterError ? error.code : String(error) });
};

beforeAll(async () => {
  cluster = await testCluster('express');
  router = await cluster.router();
  const app = express();
  const shard = async () => {
    const [rows] = await router.pool.promise().query('SELECT shard_id FROM shard_identity');
    return (rows as { shard_id: number }[])[0]!.shard_id;
  };
  app.use(shardScope(router, ({ headers }) => headers['x-key'] as string | undefined));
  app.get('/shard', async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    response.json(await shard());
  });
  app.get('/other', async (request, response) => {
    const other = 1 - router.shardOf(request.headers['x-key'] as string);
    response.json(await router.withShard(other, shard));
  });
  app.get(
    '/second/:key',
    shardScope(router, ({ params }) => params['key'] as string),
    async (_request, response) => {
      response.json(await shard());
    },
  );
  app.get('/hang', () => hanging.resolve(shard));
  app.use(codeToClient);
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await cluster.end();
});

async function get(path: string, key?: string): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close', ...(key === undefined ? {} : { 'x-key': key }) },
  });
  return response.json();
}

/** A key that lives on a shard. */
function keyOn(shard: number): string {
  for (let n = 0; ; n += 1) if (router.shardOf(`key-${n}`) === shard) return `key-${n}`;
}

test('each request works on the shard of its key, many at once', async () => {
  const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
  expect(await Promise.all(keys.map((key) => get('/shard', key)))).toEqual(
    keys.map((key) => router.shardOf(key)),
  );
});

test('a request without a key has no shard', async () => {
  expect(await get('/shard')).toEqual({ code: 'ROUTER_NO_SHARD' });
});

test('a key that is none goes to the error handler', async () => {
  expect(await get('/shard', '')).toEqual({ code: 'ROUTER_INVALID_KEY' });
});

test('a second choice of another shard is refused, of the same one not', async () => {
  expect(await get('/other', keyOn(0))).toEqual({ code: 'ROUTER_SHARD_MISMATCH' });
  expect(await get(`/second/${keyOn(1)}`, keyOn(0))).toEqual({ code: 'ROUTER_SHARD_MISMATCH' });
  expect(await get(`/second/${keyOn(1)}`, keyOn(1))).toBe(1);
});

test('the scope is over when the caller has hung up', async () => {
  hanging = Promise.withResolvers();
  const { port } = server.address() as AddressInfo;
  const call = httpRequest({ port, host: '127.0.0.1', path: '/hang', headers: { 'x-key': keyOn(0) } });
  call.on('error', () => undefined);
  call.end();
  const shard = await hanging.promise;
  call.destroy();
  let failure: unknown;
  while (failure === undefined) {
    failure = await shard().catch((error: unknown) => error);
    if (typeof failure === 'number') failure = undefined;
  }
  // When the call runs outside of the request, there is no scope at all; inside, the scope would be closed.
  expect(failure).toMatchObject({ code: expect.stringMatching(/^ROUTER_(SCOPE_CLOSED|NO_SHARD)$/) });
});
