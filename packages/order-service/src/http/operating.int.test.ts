import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mintToken, startProcess, type LogLine, type OwnProcess } from '@ordershard/stack';
import { send, startTestApi, type Answer, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));
const SDK = new URL('../fixtures/register-tracing.ts', import.meta.url).href;
const PER_SECOND = 5;

let store: TestApi;
let api: OwnProcess;

beforeAll(async () => {
  store = await startTestApi('operating');
  await putTestShop(store.as('operator', 'op'));
  api = await start({ ORDERSHARD_API_RATE_MEMBER: `${PER_SECOND}`, ORDERSHARD_API_FOLLOWERS_MEMBER: '2' });
});

afterAll(async () => {
  await api.stop();
  await store.stop();
});

const start = (env: Readonly<Record<string, string>> = {}) =>
  startProcess({
    file: BIN,
    args: ['serve'],
    env: { ...store.env, ORDERSHARD_API_RATE_MEMBER: '0', ORDERSHARD_LOG_LEVEL: 'info', ...env },
  });

/** Asks a process as somebody. */
async function ask(
  { port }: OwnProcess,
  [role, subject]: readonly ['member' | 'operator' | 'service', string],
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const token = await mintToken({ role, subject }, store.env);
  return send(`http://127.0.0.1:${port}`, method, path, body, {
    Authorization: `Bearer ${token}`,
    ...headers,
  });
}

describe('the rate limit', () => {
  const burst = (role: 'member' | 'operator', subject: string) =>
    Promise.all(
      Array.from({ length: PER_SECOND * 6 }, () => ask(api, [role, subject], 'GET', `/v1/shops/${SHOP_ID}`)),
    );

  test('refuses what a caller asks beyond it, says for how long, and lets others pass', async () => {
    const answers = await burst('member', 'm-eager');
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(PER_SECOND);
    expect(refused.length + answers.filter(({ status }) => status === 200).length).toBe(answers.length);
    expect(refused[0]!.body).toMatchObject({ type: 'urn:ordershard:problem:too-many-requests' });
    expect(refused[0]!.headers.get('Retry-After')).toBe('1');
    expect((await ask(api, ['member', 'm-other'], 'GET', `/v1/shops/${SHOP_ID}`)).status).toBe(200);
    await until(
      async () => (await ask(api, ['member', 'm-eager'], 'GET', `/v1/shops/${SHOP_ID}`)).status === 200,
    );
  });

  test('counts what a request costs, not requests', async () => {
    const lines = (count: number) => ({
      changes: Array.from({ length: count }, () => ({ number: '1', command: 'pay' })),
    });
    const bulk = () => ask(api, ['member', 'm-bulk'], 'POST', '/v1/order-changes', lines(500));
    const both = await Promise.all([bulk(), bulk()]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 429]));
    const next = await ask(api, ['member', 'm-bulk'], 'GET', `/v1/shops/${SHOP_ID}`);
    expect(next.status).toBe(429);
    // Five lines a second.
    expect(Number(next.headers.get('Retry-After'))).toBeGreaterThan(60);
    const page = await ask(api, ['member', 'm-page'], 'GET', '/v1/orders?limit=100');
    expect(page.status).toBe(200);
    expect((await ask(api, ['member', 'm-other'], 'GET', `/v1/shops/${SHOP_ID}`)).status).toBe(200);
  });

  test('lets those who have used it up have the answers that they lost, and nothing new', async () => {
    const who = ['member', 'm-lost'] as const;
    const key = (value: string) => ({ 'Idempotency-Key': value });
    const first = await ask(api, who, 'POST', '/v1/orders', orderOf(), key('a'));
    const { number } = first.body as OrderJson;
    const paid = await ask(api, who, 'POST', `/v1/orders/${number}/pay`, {}, key('p'));
    const drawn = (await ask(api, who, 'POST', '/v1/order-numbers')).body as OrderJson;
    const numbered = await ask(api, who, 'PUT', `/v1/orders/${drawn.number}`, orderOf());
    const lines = Array.from({ length: 500 }, () => ({ number: '1', command: 'pay' }));
    await until(
      async () => (await ask(api, who, 'POST', '/v1/order-changes', { changes: lines })).status === 200,
    );
    const again = await ask(api, who, 'POST', '/v1/orders', orderOf(), key('a'));
    expect([again.status, again.text]).toEqual([201, first.text]);
    const paidAgain = await ask(api, who, 'POST', `/v1/orders/${number}/pay`, {}, key('p'));
    expect([paidAgain.status, paidAgain.text]).toEqual([200, paid.text]);
    const numberedAgain = await ask(api, who, 'PUT', `/v1/orders/${drawn.number}`, orderOf());
    expect([numberedAgain.status, numberedAgain.text]).toEqual([200, numbered.text]);
    for (const [method, path, body, headers] of [
      ['POST', '/v1/orders', orderOf(), key('new')],
      ['POST', `/v1/orders/${number}/cancel`, { reason: 'r' }, key('new')],
    ] as const)
      expect([path, (await ask(api, who, method, path, body, headers)).status]).toEqual([path, 429]);
    const fresh = await ask(api, ['member', 'm-fresh'], 'GET', `/v1/members/m-fresh/orders`);
    expect(fresh.status).toBe(200);
    const orders = await store.rows<{ number: string }>(
      "SELECT number FROM orders WHERE member_id = 'm-lost'",
    );
    expect(orders).toHaveLength(2);
  });

  test('is none for operators by default', async () => {
    expect((await burst('operator', 'op-eager')).every(({ status }) => status === 200)).toBe(true);
  });
});

test('a member follows a few orders at once, and leaves the others their streams', async () => {
  const orders: string[] = [];
  for (const memberId of ['m-follows', 'm-follows', 'm-follows', 'm-follows-too']) {
    const body = { ...orderOf(), memberId };
    const answer = await ask(api, ['service', 'svc'], 'POST', '/v1/orders', body);
    orders.push((answer.body as OrderJson).number);
  }
  const open = new Set<AbortController>();
  const follow = async (number: string, subject = 'm-follows') => {
    const aborter = new AbortController();
    open.add(aborter);
    const token = await mintToken({ role: 'member', subject }, store.env);
    const answer = await fetch(`http://127.0.0.1:${api.port}/v1/orders/${number}/events`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: aborter.signal,
    });
    return { status: answer.status, close: () => aborter.abort() };
  };
  try {
    const first = await follow(orders[0]!);
    expect([first.status, (await follow(orders[1]!)).status, (await follow(orders[2]!)).status]).toEqual([
      200, 200, 429,
    ]);
    expect((await follow(orders[3]!, 'm-follows-too')).status).toBe(200);
    first.close();
    await until(async () => (await follow(orders[2]!)).status === 200);
  } finally {
    for (const aborter of open) aborter.abort();
  }
});

describe('the audit log', () => {
  const audited = () => api.log.filter(({ audit }) => audit === true);

  test('has what operators ask for, whether it was done or not, and nothing of what bodies say', async () => {
    const body = { name: 'Whispered Kitchen', currency: 'KRW', menus: [] };
    const headers = { 'X-Request-Id': 'audit-1' };
    await ask(api, ['operator', 'op-audited'], 'PUT', '/v1/shops/audited', body, headers);
    await ask(api, ['operator', 'op-audited'], 'GET', '/v1/members/m-7/orders?limit=3');
    await ask(api, ['operator', 'op-audited'], 'PUT', '/v1/shops/audited', { name: 'Whispered Kitchen' });
    await until(() =>
      Promise.resolve(audited().filter(({ operator }) => operator === 'op-audited').length === 3),
    );
    const lines = audited().filter(({ operator }) => operator === 'op-audited');
    expect(lines).toMatchObject([
      { method: 'PUT', path: '/v1/shops/audited', status: 201, answered: true, requestId: 'audit-1' },
      { method: 'GET', path: '/v1/members/m-7/orders', status: 200, requestId: expect.any(String) },
      { method: 'PUT', path: '/v1/shops/audited', status: 400 },
    ]);
    expect(JSON.stringify(api.log)).not.toContain('Whispered');
  });

  test('has nothing of what others ask for', async () => {
    const before = audited().length;
    await ask(api, ['member', 'm-quiet'], 'GET', `/v1/shops/${SHOP_ID}`);
    await ask(api, ['operator', 'op-last'], 'GET', `/v1/shops/${SHOP_ID}`);
    await until(() => Promise.resolve(audited().length > before));
    expect(audited().slice(before)).toMatchObject([{ operator: 'op-last' }]);
  });
});

describe('what the service says of itself', () => {
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    send(`http://127.0.0.1:${api.port}`, 'GET', path, undefined, headers);

  test('metrics count requests by operation and status, and know no paths', async () => {
    const count = async () => {
      const { text } = await get('/metrics');
      const line =
        /^ordershard_api_request_seconds_count\{operation="drawOrderNumber",status="200"\} (\d+)$/m;
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const before = await count();
    await ask(api, ['service', 'svc'], 'POST', '/v1/order-numbers', {});
    await get('/v1/nothing/at/all?made=up');
    expect(await count()).toBe(before + 1);
    const { headers, text } = await get('/metrics');
    expect(headers.get('Content-Type')).toContain('text/plain');
    expect(text).toContain('ordershard_api_followers 0');
    expect(text).toMatch(/^ordershard_router_/m);
    expect(text).not.toContain('nothing');
    expect(text).not.toMatch(/m-eager|op-audited/);
  });

  test('the docs page has all that it needs from here', async () => {
    const page = await get('/docs/');
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Type')).toContain('text/html');
    const csp = page.headers.get('Content-Security-Policy');
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("script-src 'self'");
    const needed = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(needed).toHaveLength(3);
    for (const path of [...needed, '/openapi.json']) {
      const part = await get(path);
      expect([path, part.status]).toEqual([path, 200]);
      expect(part.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(part.headers.get('Strict-Transport-Security')).toMatch(/^max-age=\d{8}/);
      expect(part.text.length).toBeGreaterThan(100);
    }
    expect((await get('/docs/../bin.ts')).status).toBe(404);
  });

  test('large answers are compressed, single orders never', async () => {
    const gzip = { 'Accept-Encoding': 'gzip' };
    for (const path of ['/openapi.json', '/metrics', '/docs/swagger-ui.css'])
      expect((await get(path, gzip)).headers.get('Content-Encoding')).toBe('gzip');
    expect((await get('/livez', gzip)).headers.get('Content-Encoding')).toBeNull();
    const large = {
      ...orderOf(),
      memberId: 'm-1',
      note: '가'.repeat(500),
      deliveryAddress: { line1: 'x'.repeat(200) },
    };
    const items = Array.from({ length: 30 }, () => ({ menuId: 'rice', quantity: 1 }));
    const placed = await ask(api, ['service', 'svc'], 'POST', '/v1/orders', { ...large, items }, gzip);
    expect(placed.status).toBe(201);
    expect(placed.text.length).toBeGreaterThan(2_048);
    const { number } = placed.body as OrderJson;
    const read = await ask(api, ['service', 'svc'], 'GET', `/v1/orders/${number}`, undefined, gzip);
    expect(read.body).toEqual(placed.body);
    expect([placed, read].map(({ headers }) => headers.get('Content-Encoding'))).toEqual([null, null]);
  });
});

describe('with an SDK of OpenTelemetry', () => {
  let traced: OwnProcess;
  beforeEach(() => void (ended = false));
  afterEach(async () => {
    if (!ended) await traced.kill();
  });
  let ended = false;

  const isSpan = ({ msg }: LogLine) => msg === 'span';

  async function place(env: Readonly<Record<string, string>>): Promise<void> {
    traced = await start({ NODE_OPTIONS: `--import ${SDK}`, ORDERSHARD_API_DRAIN_MS: '0', ...env });
    const placed = await ask(traced, ['member', 'm-traced'], 'POST', '/v1/orders', orderOf());
    expect(placed.status).toBe(201);
    await traced.stop();
    ended = true;
  }

  test('what goes to the shards makes spans', async () => {
    await place({});
    expect(new Set(traced.log.filter(isSpan).map(({ name }) => name))).toContain('mysql write');
  });

  test('OTEL_SDK_DISABLED turns them off', async () => {
    await place({ OTEL_SDK_DISABLED: 'true' });
    expect(traced.log.filter(isSpan)).toEqual([]);
  });
});
