import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeNumber } from '@ordershard/shard-router';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import {
  follow,
  orderOf,
  placed,
  putTestShop,
  SHOP_ID,
  type OrderJson,
  type ProblemJson,
} from '../fixtures/test-shop.ts';

let api: TestApi;
let member: Send;
let service: Send;
let operator: Send;

beforeAll(async () => {
  api = await startTestApi('routes');
  member = api.as('member', 'm-1');
  service = api.as('service', 'svc');
  operator = api.as('operator', 'op');
  await putTestShop(operator);
});

afterAll(() => api.stop());

const typeOf = (body: unknown) => (body as ProblemJson).type.replace('urn:ordershard:problem:', '');
const draw = async (send: Send = member) =>
  ((await send('POST', '/v1/order-numbers')).body as { number: string }).number;

describe('a number asked for first', () => {
  test('is that of the order that is placed under it, once, however often it is asked', async () => {
    const number = await draw();
    const body = { ...orderOf('rice', 2), note: 'n', deliveryAddress: { line1: 'a', city: 'b' } };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => member('PUT', `/v1/orders/${number}`, body)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 9 }, () => 200),
      201,
    ]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const first = answers.find(({ status }) => status === 201)!;
    expect(first.headers.get('Location')).toBe(`/v1/orders/${number}`);
    expect(first.headers.get('Order-Version')).toBe(`${number}-1`);
    expect(await api.rows('SELECT 1 FROM orders WHERE number = ?', [BigInt(number)])).toHaveLength(1);
  });

  test('gives the order as it was placed, whatever has become of it and of the shop', async () => {
    const number = await draw();
    const body = { shopId: 'put-shop', items: [{ menuId: 'a', quantity: 1 }] };
    const shop = (price: number) => ({
      name: 'S',
      currency: 'KRW',
      menus: price === 0 ? [] : [{ menuId: 'a', name: 'A', price }],
    });
    await operator('PUT', '/v1/shops/put-shop', shop(100));
    const first = await member('PUT', `/v1/orders/${number}`, body);
    expect(first.status).toBe(201);
    await follow(member, number, 'pay');
    for (const price of [200, 0]) {
      await operator('PUT', '/v1/shops/put-shop', shop(price));
      const again = await member('PUT', `/v1/orders/${number}`, body);
      expect(again.status).toBe(200);
      expect(again.headers.get('Idempotent-Replayed')).toBe('true');
      expect(again.text).toBe(first.text);
    }
  });

  test('takes no other request', async () => {
    const number = await draw();
    await member('PUT', `/v1/orders/${number}`, orderOf('rice', 1));
    for (const body of [
      orderOf('rice', 2),
      orderOf('gold', 1),
      { ...orderOf(), note: 'x' },
      { ...orderOf(), deliveryAddress: { line1: 'x' } },
    ]) {
      const answer = await member('PUT', `/v1/orders/${number}`, body);
      expect(answer.status).toBe(409);
      expect(typeOf(answer.body)).toBe('number-taken');
    }
  });

  test('of someone else is no other than one that cannot be used', async () => {
    const number = await draw();
    await member('PUT', `/v1/orders/${number}`, orderOf());
    const old = encodeNumber({ timeMs: Date.now() - 3_600_000, worker: 1, sequence: 1 }).toString();
    const answers = await Promise.all(
      [number, old].map((each) => api.as('member', 'm-2')('PUT', `/v1/orders/${each}`, orderOf())),
    );
    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect(answers[0]!.text.replaceAll(number, old)).toBe(answers[1]!.text);
    expect((await member('GET', `/v1/orders/${number}`)).body).toMatchObject({
      memberId: 'm-1',
      version: 1n,
    });
  });

  test('of a time to come, or of no form, is that of no order', async () => {
    const ahead = encodeNumber({ timeMs: Date.now() + 3_600_000, worker: 1, sequence: 1 }).toString();
    for (const number of [ahead, '01', 'x', '9223372036854775808']) {
      expect((await member('PUT', `/v1/orders/${number}`, orderOf())).status).toBe(404);
    }
    const soon = encodeNumber({ timeMs: Date.now() + 30_000, worker: 1, sequence: 1 }).toString();
    expect(typeOf((await member('PUT', `/v1/orders/${soon}`, orderOf())).body)).toBe('number-not-usable');
  });
});

describe('If-Match', () => {
  const at = (tag: string) => ({ 'If-Match': tag });

  test('lets a change through at the version that it names, and at no other', async () => {
    const { number } = await placed(member);
    const pay = (tag: string) => member('POST', `/v1/orders/${number}/pay`, {}, at(tag));
    for (const tag of ['"2"', 'W/"1"', '"x"', '"01"', '""', '1']) {
      const answer = await pay(tag);
      expect([tag, answer.status]).toEqual([tag, 412]);
      expect(typeOf(answer.body)).toBe('version-mismatch');
    }
    const done = await pay('"7", "1"');
    expect(done.status).toBe(200);
    expect(done.headers.get('ETag')).toBe('"2"');
    expect((await member('POST', `/v1/orders/${number}/cancel`, { reason: 'r' }, at('*'))).status).toBe(200);
  });

  test('of changes that race at one version, one goes through', async () => {
    const { number } = await placed(member);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) =>
        service(
          'POST',
          `/v1/orders/${number}/${n % 2 === 0 ? 'pay' : 'cancel'}`,
          n % 2 === 0 ? {} : { reason: 'r' },
          at('"1"'),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]));
  });

  test('does not keep the answer of an earlier call from being given again', async () => {
    const { number } = await placed(member);
    const pay = () =>
      member('POST', `/v1/orders/${number}/pay`, {}, { ...at('"1"'), 'Idempotency-Key': 'k' });
    const [first, again] = [await pay(), await pay()];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.text).toBe(first.text);
  });
});

describe('changes of many orders', () => {
  interface Result {
    readonly number: string;
    readonly status: bigint;
    readonly order?: OrderJson;
    readonly problem?: ProblemJson;
  }
  const change = async (send: Send, changes: readonly object[], headers = {}) => {
    const answer = await send('POST', '/v1/order-changes', { changes }, headers);
    expect(answer.status).toBe(200);
    return (answer.body as { results: readonly Result[] }).results;
  };

  test('have a result each, in their order', async () => {
    const [a, b, c] = [await placed(member), await placed(member), await placed(api.as('member', 'm-2'))];
    const results = await change(service, [
      { number: a.number, command: 'pay' },
      { number: b.number, command: 'accept' },
      { number: '123', command: 'pay' },
      { number: '9223372036854775808', command: 'pay' },
      { number: c.number, command: 'cancel', reason: 'r' },
      { number: b.number, command: 'pay', ifVersion: 2 },
    ]);
    expect(results.map(({ number, status }) => [number, Number(status)])).toEqual([
      [a.number, 200],
      [b.number, 409],
      ['123', 404],
      ['9223372036854775808', 404],
      [c.number, 200],
      [b.number, 412],
    ]);
    expect(results[0]!.order).toMatchObject({ status: 'paid' });
    expect(typeOf(results[1]!.problem)).toBe('order-state');
    expect(results[4]!.order).toMatchObject({ cancellation: { by: 'service', reason: 'r' } });
  });

  test('reach the orders of others no more than single ones do', async () => {
    const theirs = await placed(api.as('member', 'm-2'));
    const results = await change(member, [
      { number: theirs.number, command: 'pay' },
      { number: '123', command: 'pay' },
      { number: theirs.number, command: 'refund', reason: 'r' },
    ]);
    expect(results.map(({ status }) => Number(status))).toEqual([404, 404, 403]);
    const shown = ({ problem }: Result) => [typeOf(problem), problem!.detail, problem!.instance];
    expect(shown(results[0]!).map((text) => text.replaceAll(theirs.number, '123'))).toEqual(
      shown(results[1]!),
    );
  });

  test('are carried out once under a key, line by line', async () => {
    const orders = [await placed(member), await placed(member)];
    const changes = orders.flatMap(({ number }) => [{ number, command: 'pay' }]);
    const key = { 'Idempotency-Key': 'bulk' };
    const first = await change(service, changes, key);
    const again = await change(service, changes, key);
    expect(first.map(({ status }) => Number(status))).toEqual([200, 200]);
    expect(again).toEqual(first);
    expect(again.map(({ order }) => Number(order!.version))).toEqual([2, 2]);
  });

  test.each<[object, string]>([
    [{ command: 'pay' }, 'changes[0].number'],
    [{ number: 1, command: 'pay' }, 'changes[0].number'],
    [{ number: '1', command: 'eat' }, 'changes[0].command'],
    [{ number: '1', command: 'constructor' }, 'changes[0].command'],
    [{ number: '1', command: 'cancel' }, 'changes[0].reason'],
    [{ number: '1', command: 'pay', reason: 'r' }, 'changes[0].reason'],
    [{ number: '1', command: 'pay', status: 'paid' }, 'changes[0].status'],
    [{ number: '1', command: 'pay', ifVersion: 0 }, 'changes[0].ifVersion'],
  ])('%j is refused for %s', async (line, field) => {
    const answer = await service('POST', '/v1/order-changes', { changes: [line] });
    expect(answer.status).toBe(400);
    expect((answer.body as ProblemJson).errors?.map((error) => error.field)).toContain(field);
  });

  test('are 500 at the most', async () => {
    const changes = Array.from({ length: 501 }, () => ({ number: '1', command: 'pay' }));
    expect((await service('POST', '/v1/order-changes', { changes })).status).toBe(400);
  });
});

test('the history of an order says what happened, when, by whom and why', async () => {
  const { number } = await placed(member);
  await follow(member, number, 'pay');
  const cancelled = await follow(api.as('shop', SHOP_ID), number, 'cancel');
  const answer = await member('GET', `/v1/orders/${number}/history`);
  expect(answer.body).toEqual({
    number,
    version: 3n,
    entries: [
      { version: 1n, type: 'order.created', status: 'created', at: cancelled.timeline[0]!.at },
      { version: 2n, type: 'order.paid', status: 'paid', at: cancelled.timeline[1]!.at },
      {
        version: 3n,
        type: 'order.cancelled',
        status: 'cancelled',
        at: cancelled.timeline[2]!.at,
        by: 'shop',
        reason: 'test',
      },
    ],
  });
  expect((await api.as('member', 'm-2')('GET', `/v1/orders/${number}/history`)).status).toBe(404);
});
