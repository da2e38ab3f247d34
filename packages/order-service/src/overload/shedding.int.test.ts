import { once } from 'node:events';
import { Agent, createServer, request as startRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BackPressure } from './back-pressure.ts';
import { LoadShedder } from './load-shedder.ts';
import { shedding } from './shedding.ts';

const nobody = () => undefined;

let server: Server;
let url: string;
/** Answers what is held. */
let answers: (() => void)[] = [];
/** Begins the answers of what is held, which stay open. */
let heads: (() => void)[] = [];

beforeAll(async () => {
  const shedder = new LoadShedder({ targetMs: 100, most: 4 });
  server = createServer(
    shedding(
      (request, response) => {
        const answer = () => response.end(request.url);
        if (request.url!.startsWith('/v1/')) {
          answers.push(answer);
          heads.push(() => response.writeHead(200).flushHeaders());
        } else answer();
      },
      { shedder, pressure: new BackPressure({ room: () => shedder.room('new') }), callerOf: nobody },
    ),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

test('what there is no room for is refused at once, health never, and room comes back', async () => {
  const held = Array.from({ length: 4 }, () => fetch(`${url}/v1/members/m/orders`));
  while (answers.length < 4) await new Promise((resolve) => setImmediate(resolve));
  const refused = await fetch(`${url}/v1/orders`, { method: 'POST', body: 'x'.repeat(10_000) });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
  expect(await refused.json()).toMatchObject({
    type: 'urn:ordershard:problem:overloaded',
    status: 503,
    instance: '/v1/orders',
  });
  for (const path of ['/livez', '/readyz', '/metrics'])
    expect((await fetch(`${url}${path}`)).status).toBe(200);
  for (const answer of answers) answer();
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  answers = [];
  const next = fetch(`${url}/v1/orders`, { method: 'POST', body: '{}' });
  while (answers.length < 1) await new Promise((resolve) => setImmediate(resolve));
  answers[0]!();
  expect((await next).status).toBe(200);
});

test('nothing that a caller sends takes a request past the limit', async () => {
  answers = [];
  const held = Array.from({ length: 4 }, () => fetch(`${url}/v1/members/m/orders`));
  await heldBeyond(3);
  const accept = 'application/json, text/event-stream';
  for (const [method, path] of [
    ['POST', '/v1/orders'],
    ['GET', '/v1/orders/1'],
    ['GET', '/v1/orders/1/events'],
    ['GET', '/readyz/../v1/orders/1'],
    ['POST', '/v1/orders?/livez'],
  ] as const)
    expect([path, (await fetch(`${url}${path}`, { method, headers: { accept } })).status]).toEqual([
      path,
      503,
    ]);
  for (const answer of answers) answer();
  await Promise.all(held);
});

test('a stream that has begun takes no room, one that has not does', async () => {
  [answers, heads] = [[], []];
  const streams = Array.from({ length: 4 }, () => fetch(`${url}/v1/orders/1/events`));
  await heldBeyond(3);
  expect((await fetch(`${url}/v1/orders/1/events`)).status).toBe(503);
  for (const begin of heads) begin();
  const open = await Promise.all(streams);
  const others = Array.from({ length: 4 }, () => fetch(`${url}/v1/members/m/orders`));
  await heldBeyond(7);
  expect((await fetch(`${url}/v1/members/m/orders`)).status).toBe(503);
  for (const answer of answers) answer();
  for (const answer of [...open, ...(await Promise.all(others))])
    expect(await answer.text()).toMatch(/^\/v1/);
});

test.each(['/V1/Orders', '/v1/orders/', '/v1/orders?a=b', '/v1/order-numbers/?a'])(
  'a new order at %s leaves room for what goes on',
  async (path) => {
    const kinds: string[] = [];
    const shedder = {
      take: (kind: string) => {
        kinds.push(kind);
        return () => undefined;
      },
    } as unknown as LoadShedder;
    const own = createServer(
      shedding((_, response) => response.end(), {
        shedder,
        pressure: new BackPressure({ room: () => 1 }),
        callerOf: nobody,
      }),
    ).listen(0, '127.0.0.1');
    await once(own, 'listening');
    await fetch(`http://127.0.0.1:${(own.address() as AddressInfo).port}${path}`, { method: 'POST' });
    own.closeAllConnections();
    own.close();
    await once(own, 'close');
    expect(kinds).toEqual(['new']);
  },
);

test('a caller who goes away leaves no room taken', async () => {
  answers = [];
  while (answers.length < 20) {
    const before = answers.length;
    const gone = new AbortController();
    const refused = Promise.withResolvers<void>();
    const asked = fetch(`${url}/v1/orders`, { method: 'POST', body: '{}', signal: gone.signal })
      .then((answer) => answer.arrayBuffer())
      .then(
        () => refused.resolve(),
        () => undefined,
      );
    // Held, or refused because the server has not learnt yet that the last ones are gone.
    await Promise.race([refused.promise, heldBeyond(before)]);
    gone.abort();
    await asked;
  }
  expect(answers).toHaveLength(20);
});

test('callers who are not read while there is no room are read, and answered, when there is some', async () => {
  const shedder = new LoadShedder({ targetMs: 1_000, most: 4 });
  const pressure = new BackPressure({ room: () => shedder.room('new'), refusalsPerSecond: 5 });
  const held: (() => void)[] = [];
  let isOpen = false;
  const own = createServer(
    shedding(
      (request, response) => {
        const answer = () => request.resume().once('end', () => response.end('taken'));
        if (isOpen) answer();
        else held.push(answer);
      },
      { shedder, pressure, callerOf: nobody },
    ),
  ).listen(0, '127.0.0.1');
  await once(own, 'listening');
  const { port } = own.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  let refusals = 0;
  const caller = async () => {
    // More than one packet: what is not read of a request waits outside as well.
    while ((await post(agent, port, 'x'.repeat(100_000))) === 503) refusals += 1;
  };
  try {
    const callers = Array.from({ length: 50 }, caller);
    while (pressure.waiting < 40) await new Promise((resolve) => setImmediate(resolve));
    expect(held).toHaveLength(4);
    isOpen = true;
    for (const answer of held) answer();
    await Promise.all(callers);
    expect(refusals).toBeGreaterThan(40);
    while (pressure.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await post(agent, port, 'x')).toBe(200);
  } finally {
    agent.destroy();
    own.closeAllConnections();
    own.close();
    await once(own, 'close');
  }
});

/** Posts an order, and gives the status of the answer once that is whole. */
function post(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = startRequest({ port, agent, method: 'POST', path: '/v1/orders' }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode!));
    });
    asked.once('error', reject).end(body);
  });
}

/** Resolves when more requests are held than `count`. */
async function heldBeyond(count: number): Promise<void> {
  while (answers.length <= count) await new Promise((resolve) => setImmediate(resolve));
}
