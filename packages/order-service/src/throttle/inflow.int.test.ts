import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { type OrderJson, orderOf, placed, putTestShop, SHOP_ID } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));

let api: TestApi;
let member: Send;

beforeAll(async () => {
  api = await startTestApi('inflow');
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `inflow` as an operator does. */
function inflow(...args: readonly string[]): Promise<Run> {
  return inflowOn({}, args);
}

/** The same on a machine whose clock is ahead, or with other settings. */
function inflowOn(
  { aheadMs = 0, env = {} }: { readonly aheadMs?: number; readonly env?: Readonly<Record<string, string>> },
  args: readonly string[],
): Promise<Run> {
  const clock = `data:text/javascript,globalThis.Date = class extends Date {
    constructor(...given) { super(...(given.length === 0 ? [Date.now()] : given)); }
    static now() { return super.now() + ${aheadMs}; }
  }`;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=source', '--no-warnings', '--import', clock, BIN, 'inflow', ...args],
      { env: { ...process.env, NODE_OPTIONS: '', ...api.env, ...env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const place = (body: Record<string, unknown> = orderOf()) => member('POST', '/v1/orders', body);

test('an operator limits a shop, callers are told why, orders that are there go on, and who did it is kept', async () => {
  const before = await placed(member);
  const key = { 'Idempotency-Key': 'before' };
  const keyed = await member('POST', '/v1/orders', orderOf(), key);
  const drawn = ((await member('POST', '/v1/order-numbers')).body as OrderJson).number;
  const numbered = await member('PUT', `/v1/orders/${drawn}`, orderOf());
  const unused = ((await member('POST', '/v1/order-numbers')).body as OrderJson).number;
  const set = await inflow(
    'set',
    '--shop',
    SHOP_ID,
    '--share',
    '0%',
    '--for',
    '30m',
    '--reason',
    'the ovens burn',
    '--by',
    'kim',
  );
  expect(set).toMatchObject({ code: 0, stderr: '' });
  await until(async () => (await place()).status === 429);
  const refused = await place();
  expect(refused.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  expect(refused.body).toMatchObject({
    type: 'urn:ordershard:problem:inflow-throttled',
    detail: expect.stringContaining('the ovens burn'),
  });
  // Whoever lost an answer gets it, by key or by number; nothing new comes in by either.
  const again = await member('POST', '/v1/orders', orderOf(), key);
  expect([again.status, again.text]).toEqual([201, keyed.text]);
  expect(again.headers.get('Idempotent-Replayed')).toBe('true');
  expect((await member('POST', '/v1/orders', orderOf('rice', 2), key)).status).toBe(422);
  expect((await member('POST', '/v1/orders', orderOf(), { 'Idempotency-Key': 'new' })).status).toBe(429);
  const sameNumber = await member('PUT', `/v1/orders/${drawn}`, orderOf());
  expect([sameNumber.status, sameNumber.text]).toEqual([200, numbered.text]);
  expect((await member('PUT', `/v1/orders/${unused}`, orderOf())).status).toBe(429);
  expect((await api.as('member', 'm-2')('PUT', `/v1/orders/${drawn}`, orderOf())).status).toBe(429);
  // A shop that is not limited is not there at all.
  expect((await place({ ...orderOf(), shopId: 'shop-2' })).status).toBe(422);
  expect((await member('POST', `/v1/orders/${before.number}/pay`, {})).status).toBe(200);
  const lifted = await inflow('lift', '--shop', SHOP_ID, '--reason', 'put out', '--by', 'lee');
  expect(lifted.code).toBe(0);
  await until(async () => (await place()).status === 201);
  const shown = await inflow('show', '--json');
  const { limits, changes } = JSON.parse(shown.stdout) as { limits: unknown[]; changes: unknown[] };
  expect(limits).toEqual([]);
  expect(changes).toMatchObject([
    { scope: `shop:${SHOP_ID}`, limit: null, by: 'lee', reason: 'put out' },
    { scope: `shop:${SHOP_ID}`, limit: { share: 0 }, by: 'kim', reason: 'the ovens burn' },
  ]);
});

test('a command that does not say what to let in is refused, and changes nothing', async () => {
  const { code, stderr } = await inflow('set', '--reason', 'x');
  expect(code).toBe(1);
  expect(stderr).toContain('give either --share or --rate');
});

test('a limit that is set from a machine two hours ahead ends by the time of the databases, and is lifted from another', async () => {
  const aheadMs = 7_200_000;
  const set = await inflowOn({ aheadMs }, ['set', '--share', '0', '--for', '30m', '--reason', 'early']);
  // The bus takes no message of that time; every instance finds the limit on the shards.
  expect(set).toMatchObject({ code: 0, stderr: expect.stringContaining('It is stored') });
  await until(async () => (await place()).status === 429);
  const shown = JSON.parse((await inflow('show', '--json')).stdout) as { limits: { until: string }[] };
  expect(Date.parse(shown.limits[0]!.until)).toBeLessThan(Date.now() + 1_800_000);
  const lifted = await inflow('lift', '--reason', 'on time');
  expect(lifted).toMatchObject({ code: 0, stderr: '' });
  await until(async () => (await place()).status === 201);
});

test('a limit holds though the event bus is down, and the command says so and ends well', async () => {
  const env = { ORDERSHARD_KAFKA_BROKERS: '127.0.0.1:1', ORDERSHARD_LOG_LEVEL: 'silent' };
  const set = await inflowOn({ env }, ['set', '--share', '0', '--for', '30m', '--reason', 'no bus']);
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('no bus') });
  expect(set.stderr).toMatch(/^It is stored, and was not told over the event bus/);
  await until(async () => (await place()).status === 429);
  expect((await inflow('lift', '--reason', 'bus again')).code).toBe(0);
  await until(async () => (await place()).status === 201);
});
