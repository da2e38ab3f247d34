import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenClaims } from '@ordershard/stack';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { follow, placed, putTestShop, SHOP_ID, type OrderJson } from '../fixtures/test-shop.ts';
import { STEPS } from '../orders/command.ts';

let api: TestApi;
let member: Send;
let service: Send;

beforeAll(async () => {
  api = await startTestApi('commands');
  member = api.as('member', 'm-1');
  service = api.as('service', 'svc');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

async function events(number: string): Promise<readonly string[]> {
  const rows = await Promise.all(
    [0, 1, 2, 3].map((n) =>
      api.rows<{ type: string; sequence: number }>(
        `SELECT type, sequence FROM outbox_orders_${n} WHERE aggregateid = ?`,
        [number],
      ),
    ),
  );
  return rows
    .flat()
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ type }) => type);
}

test('an order goes its way, one version and one event a step', async () => {
  const { number } = await placed(member);
  const order = await follow(service, number, ...STEPS);
  expect(order).toMatchObject({ status: 'delivered', version: 8n });
  expect(order.timeline.map(({ status }) => status)).toEqual([
    'created',
    'paid',
    'accepted',
    'cooking',
    'ready',
    'dispatched',
    'picked_up',
    'delivered',
  ]);
  expect(await events(number)).toEqual([
    'order.created',
    'order.paid',
    'order.accepted',
    'order.cooking_started',
    'order.prepared',
    'order.dispatched',
    'order.picked_up',
    'order.delivered',
  ]);
  expect((await member('GET', `/v1/orders/${number}`)).body).toEqual(order);
});

test('an order that is cancelled says by whom and why, and so does its refund', async () => {
  const { number } = await placed(member);
  await follow(member, number, 'pay');
  const cancelled = await member('POST', `/v1/orders/${number}/cancel`, { reason: 'changed my mind 🙈' });
  expect(cancelled.body).toMatchObject({
    status: 'cancelled',
    cancellation: { by: 'member', reason: 'changed my mind 🙈' },
  });
  const refunded = await service('POST', `/v1/orders/${number}/refund`, { reason: 'cancelled' });
  expect(refunded.body).toMatchObject({
    status: 'refunded',
    cancellation: { by: 'member' },
    refund: { by: 'service', reason: 'cancelled' },
  });
  expect((await member('GET', `/v1/orders/${number}`)).text).toBe(refunded.text);
});

test('a command needs no body', async () => {
  const { number } = await placed(member);
  expect((await member('POST', `/v1/orders/${number}/pay`)).status).toBe(200);
});

describe('a state that does not allow the command', () => {
  test.each<[string, string[], string]>([
    ['accept', [], 'created'],
    ['pay', ['pay'], 'paid'],
    ['deliver', ['pay', 'accept'], 'accepted'],
    ['refund', ['pay'], 'paid'],
    ['cancel', ['pay', 'accept', 'cook', 'ready', 'dispatch'], 'dispatched'],
    ['pay', ['cancel'], 'cancelled'],
    ['refund', ['cancel'], 'cancelled'],
    ['refund', ['pay', 'cancel', 'refund'], 'refunded'],
  ])('%s after %j is 409, and changes nothing', async (command, before, status) => {
    const { number } = await placed(member);
    if (before.length > 0) await follow(service, number, ...before);
    const body = command === 'cancel' || command === 'refund' ? { reason: 'r' } : {};
    const answer = await service('POST', `/v1/orders/${number}/${command}`, body);
    expect(answer.status).toBe(409);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: 'urn:ordershard:problem:order-state', status: 409n });
    expect((await service('GET', `/v1/orders/${number}`)).body).toMatchObject({
      status,
      version: BigInt(before.length + 1),
    });
    expect(await events(number)).toHaveLength(before.length + 1);
  });

  test('a member cannot cancel what is being cooked, the shop can', async () => {
    const { number } = await placed(member);
    await follow(service, number, 'pay', 'accept', 'cook');
    const path = `/v1/orders/${number}/cancel`;
    expect((await member('POST', path, { reason: 'r' })).status).toBe(409);
    expect((await api.as('shop', SHOP_ID)('POST', path, { reason: 'r' })).status).toBe(200);
  });
});

describe('who may', () => {
  test.each<[TokenClaims['role'], string, string]>([
    ['member', 'm-1', 'accept'],
    ['member', 'm-1', 'deliver'],
    ['member', 'm-1', 'refund'],
    ['shop', SHOP_ID, 'pay'],
    ['shop', SHOP_ID, 'refund'],
  ])('a %s (%s) may never %s: 403', async (role, subject, command) => {
    const { number } = await placed(member);
    const body = command === 'refund' ? { reason: 'r' } : {};
    expect((await api.as(role, subject)('POST', `/v1/orders/${number}/${command}`, body)).status).toBe(403);
  });

  test('someone else’s order is answered like one that does not exist', async () => {
    const { number } = await placed(member);
    const missing = '123456789';
    for (const [other, command] of [
      [api.as('member', 'm-2'), 'pay'],
      [api.as('shop', 'shop-2'), 'accept'],
      [api.as('member', SHOP_ID), 'pay'],
      [api.as('shop', 'm-1'), 'accept'],
    ] as const) {
      for (const [method, tail, body] of [
        ['GET', '', undefined],
        ['POST', `/${command}`, {}],
        ['POST', '/cancel', { reason: 'r' }],
      ] as const) {
        const theirs = await other(method, `/v1/orders/${number}${tail}`, body);
        const none = await other(method, `/v1/orders/${missing}${tail}`, body);
        expect(theirs.status).toBe(404);
        expect(theirs.text.replaceAll(number, missing)).toBe(none.text);
      }
    }
    expect((await member('GET', `/v1/orders/${number}`)).body).toMatchObject({
      status: 'created',
      version: 1n,
    });
  });

  test('a shop works on its own orders', async () => {
    const { number } = await placed(member);
    const shop = api.as('shop', SHOP_ID);
    expect((await shop('GET', `/v1/orders/${number}`)).status).toBe(200);
    await follow(member, number, 'pay');
    expect(await follow(shop, number, 'accept', 'cook', 'ready')).toMatchObject({ status: 'ready' });
  });
});

test('of commands that race each other, as many win as the states allow', async () => {
  const { number } = await placed(member);
  const answers = await Promise.all([
    ...STEPS.flatMap((step) => [1, 2, 3].map(() => service('POST', `/v1/orders/${number}/${step}`, {}))),
    ...[1, 2, 3].map(() => service('POST', `/v1/orders/${number}/cancel`, { reason: 'r' })),
  ]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  const order = (await service('GET', `/v1/orders/${number}`)).body as OrderJson;
  const won = answers.filter(({ status }) => status === 200);
  expect(order.version).toBe(BigInt(won.length + 1));
  expect(await events(number)).toHaveLength(won.length + 1);
  expect(new Set(won.map(({ body }) => (body as OrderJson).version)).size).toBe(won.length);
});
