import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { withShardSessions } from '@ordershard/shard-router';
import { startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { follow, orderOf, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { startKeyExpiry } from '../key-expiry.ts';
import { createLogger } from '@ordershard/process';

let api: TestApi;
const key = (value: string) => ({ 'Idempotency-Key': value });
const ordersOf = (memberId: string) =>
  api.rows<{ number: string }>('SELECT number FROM orders WHERE member_id = ?', [memberId]);

const shopAt = (price: number) => ({
  name: 'S',
  currency: 'KRW',
  menus: [{ menuId: 'a', name: 'A', price }],
});

beforeAll(async () => {
  api = await startTestApi('idem');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

describe('placing', () => {
  test('50 at once with one key are one order and one answer', async () => {
    const member = api.as('member', 'm-50');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => member('POST', '/v1/orders', orderOf(), key('k'))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('Idempotent-Replayed') === null)).toHaveLength(1);
    expect(await ordersOf('m-50')).toHaveLength(1);
  });

  test('another body under the key is refused, the same one in another order of fields is not', async () => {
    const member = api.as('member', 'm-422');
    const first = await member('POST', '/v1/orders', { ...orderOf(), note: 'n' }, key('k'));
    const other = await member('POST', '/v1/orders', orderOf('rice', 2), key('k'));
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ errors: [{ field: 'Idempotency-Key' }] });
    const again = await member(
      'POST',
      '/v1/orders',
      `{"note":"n","items":[{"quantity":1,"menuId":"rice"}],\n"shopId":"${SHOP_ID}"}`,
      key('k'),
    );
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('Location')).toBe(first.headers.get('Location'));
    expect(await ordersOf('m-422')).toHaveLength(1);
  });

  test('a key is its caller’s own', async () => {
    for (const subject of ['m-own-1', 'm-own-2']) {
      const answer = await api.as('member', subject)('POST', '/v1/orders', orderOf(), key('shared'));
      expect(answer.status).toBe(201);
      expect(answer.headers.get('Idempotent-Replayed')).toBeNull();
    }
  });

  test('the first answer stays, whatever has become of order and shop', async () => {
    const member = api.as('member', 'm-stays');
    const operator = api.as('operator', 'op');
    await operator('PUT', '/v1/shops/changing', shopAt(100));
    const body = { shopId: 'changing', items: [{ menuId: 'a', quantity: 1 }], expectedTotal: 100 };
    const first = await member('POST', '/v1/orders', body, key('k'));
    await follow(member, (first.body as OrderJson).number, 'pay');
    await operator('PUT', '/v1/shops/changing', shopAt(200));
    const again = await member('POST', '/v1/orders', body, key('k'));
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect((await member('POST', '/v1/orders', body, key('k2'))).status).toBe(409);
  });

  test('what was refused left the key free', async () => {
    const member = api.as('member', 'm-free');
    expect((await member('POST', '/v1/orders', orderOf('none'), key('k'))).status).toBe(422);
    expect((await member('POST', '/v1/orders', orderOf(), key('k'))).status).toBe(201);
  });

  test.each(['a b', 'ä', '', 'x'.repeat(256)])('key %j is refused', async (value) => {
    const answer = await api.as('member', 'm-bad')('POST', '/v1/orders', orderOf(), {
      'Idempotency-Key': Buffer.from(value).toString('latin1'),
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ field: 'Idempotency-Key' }] });
  });

  test('an expired key is free again, and is cleaned away', async () => {
    const member = api.as('member', 'm-expired');
    const expire = () =>
      withShardSessions(api.shards, (session) =>
        session.execute(
          "UPDATE idempotency_keys SET expires_at = '2025-06-01' WHERE caller = 'member:m-expired'",
        ),
      );
    const first = await member('POST', '/v1/orders', orderOf(), key('k'));
    await expire();
    const answers = await Promise.all(
      [1, 2, 3].map(() => member('POST', '/v1/orders', orderOf('rice', 2), key('k'))),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.text).not.toBe(first.text);
    await expire();
    await sweep();
    const rows = await api.rows("SELECT 1 FROM idempotency_keys WHERE caller = 'member:m-expired'");
    expect(rows).toEqual([]);
    expect(await api.rows("SELECT 1 FROM idempotency_keys WHERE caller = 'member:m-free'")).toHaveLength(1);
  });
});

/** Everything but the time of day. */
const TIMERS = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'nextTick',
  'queueMicrotask',
  'performance',
  'hrtime',
] as const;

/** Sweeps each shard once, as a process of the API does. */
async function sweep(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const expiry = startKeyExpiry(
    {
      liveShards: () => api.shards.map(({ id }) => id),
      onShard: async (shard, fn) => {
        const here = api.shards.filter(({ id }) => id === shard);
        const [result] = await withShardSessions(here, fn);
        if (shard === api.shards.at(-1)?.id) void expiry.stop().then(resolve);
        return result!;
      },
    },
    createLogger('test', 'silent'),
    1,
  );
  await promise;
}

test('a sweep of a process whose clock is a day ahead leaves the keys that answer', async () => {
  const member = api.as('member', 'm-swept');
  const first = await member('POST', '/v1/orders', orderOf(), key('k'));
  jest.useFakeTimers({ now: Date.now() + 25 * 3_600_000, doNotFake: [...TIMERS] });
  try {
    await sweep();
  } finally {
    jest.useRealTimers();
  }
  const again = await member('POST', '/v1/orders', orderOf(), key('k'));
  expect([again.status, again.text]).toEqual([201, first.text]);
});

describe('commands', () => {
  test('20 at once with one key are one change and one answer', async () => {
    const member = api.as('member', 'm-c20');
    const { number } = await placed(member);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => member('POST', `/v1/orders/${number}/pay`, {}, key('p'))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('Idempotent-Replayed') === 'true')).toHaveLength(19);
  });

  test('20 at once without a key are one change and 19 refusals', async () => {
    const member = api.as('member', 'm-c20');
    const { number } = await placed(member);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => member('POST', `/v1/orders/${number}/pay`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });

  test('a repeated one gets its first answer, however far the order has gone', async () => {
    const service = api.as('service', 'svc');
    const member = api.as('member', 'm-far');
    const { number } = await placed(member);
    const first = await member('POST', `/v1/orders/${number}/pay`, {}, key('p'));
    await follow(service, number, 'accept', 'cancel', 'refund');
    const again = await member('POST', `/v1/orders/${number}/pay`, {}, key('p'));
    expect(again.status).toBe(200);
    expect(again.headers.get('Idempotent-Replayed')).toBe('true');
    expect(again.text).toBe(first.text);
  });

  test('another command or reason under the key is refused', async () => {
    const member = api.as('member', 'm-other');
    const { number } = await placed(member);
    const path = `/v1/orders/${number}`;
    expect((await member('POST', `${path}/cancel`, { reason: 'a' }, key('c'))).status).toBe(200);
    expect((await member('POST', `${path}/cancel`, { reason: 'b' }, key('c'))).status).toBe(422);
    expect((await member('POST', `${path}/pay`, {}, key('c'))).status).toBe(422);
    expect((await member('POST', `${path}/cancel`, { reason: 'a' }, key('c'))).status).toBe(200);
  });

  test('one that was refused left the key free', async () => {
    const service = api.as('service', 'svc');
    const { number } = await placed(api.as('member', 'm-free-2'));
    expect((await service('POST', `/v1/orders/${number}/accept`, {}, key('a'))).status).toBe(409);
    await follow(service, number, 'pay');
    expect((await service('POST', `/v1/orders/${number}/accept`, {}, key('a'))).status).toBe(200);
  });

  test('the same key on two orders is two commands', async () => {
    const member = api.as('member', 'm-two');
    for (const { number } of [await placed(member), await placed(member)]) {
      expect((await member('POST', `/v1/orders/${number}/pay`, {}, key('same'))).status).toBe(200);
    }
  });
});
