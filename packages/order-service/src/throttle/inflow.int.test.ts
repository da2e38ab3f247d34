import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, placed, putTestShop, SHOP_ID } from '../fixtures/test-shop.ts';
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

/** Runs `inflow` as an operator does. */
function inflow(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=source', '--no-warnings', BIN, 'inflow', ...args],
      { env: { ...process.env, NODE_OPTIONS: '', ...api.env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const place = (body: Record<string, unknown> = orderOf()) => member('POST', '/v1/orders', body);

test('an operator limits a shop, callers are told why, orders that are there go on, and who did it is kept', async () => {
  const before = await placed(member);
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
