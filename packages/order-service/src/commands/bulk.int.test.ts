import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { ShardCatalogue } from '../catalogue/shard-catalogue.ts';
import { startTestApi, type TestApi } from '../fixtures/test-api.ts';
import { putTestShop, SHOP_ID } from '../fixtures/test-shop.ts';
import { OrderError } from '../orders/errors.ts';
import { readShardSettings } from '../settings.ts';
import { changeOrders, placeOrders } from './bulk.ts';
import { changeOrder } from './change-order.ts';
import type { CommandParts, Outcome } from './parts.ts';
import { placeOrder } from './place-order.ts';

const LINES = 2_000;

let api: TestApi;
let router: ShardRouter;
let parts: CommandParts;

beforeAll(async () => {
  api = await startTestApi('bulk');
  await putTestShop(api.as('operator', 'op'));
  const { clusterId, shards } = readShardSettings(api.env);
  router = await connectShardRouter({ clusterId, shards });
  const catalogue = new ShardCatalogue(router);
  parts = { router, catalogue, source: '/test', now: () => new Date() };
});

afterAll(async () => {
  await router.close();
  await api.stop();
});

const requestOf = (memberId: string, menuId = 'rice') => ({
  memberId,
  shopId: SHOP_ID,
  items: [{ menuId, quantity: 1 }],
});

const context = { caller: { role: 'service', subject: 'importer' } } as const;

test('many orders are placed and changed, each line with its own result, and nobody is kept waiting', async () => {
  const lines = Array.from({ length: LINES }, (_, i) => ({
    request: requestOf(`m-${i}`, i % 100 === 7 ? 'no such menu' : 'rice'),
    idempotencyKey: `line-${i}`,
  }));
  let done = false;
  const bulk = placeOrders(parts, lines, context).finally(() => {
    done = true;
  });
  await placeOrder(parts, requestOf('m-single'), { caller: { role: 'member', subject: 'm-single' } });
  expect(done).toBe(false);
  const placed = await bulk;
  const refused = placed.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
  expect(refused).toEqual(lines.flatMap((_, i) => (i % 100 === 7 ? [i] : [])));
  expect(placed[7]).toMatchObject({ reason: expect.any(OrderError) });
  const outcomes = placed.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  outcomes.forEach(({ snapshot }) => expect(snapshot.status).toBe('created'));
  expect((await api.counts())['orders']).toBe(outcomes.length + 1);

  const again = await placeOrders(parts, lines.slice(0, 5), context);
  expect(again.map((result) => (result as PromiseFulfilledResult<Outcome>).value)).toEqual(
    placed.slice(0, 5).map((result) => ({
      ...(result as PromiseFulfilledResult<Outcome>).value,
      replayed: true,
    })),
  );

  const numbers = outcomes.map(({ snapshot }) => BigInt(snapshot.number));
  const cancelled = numbers[3]!;
  await changeOrder(parts, cancelled, { type: 'cancel', by: 'service', reason: 'x' }, context);
  const paid = await changeOrders(
    parts,
    numbers.map((number) => ({ number, command: { type: 'pay', by: 'service' } as const })),
    context,
  );
  expect(paid.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([3]);
  const stored = await api.rows<{ number: string }>("SELECT number FROM orders WHERE status = 'paid'");
  expect(new Set(stored.map(({ number }) => BigInt(number)))).toEqual(
    new Set(numbers.filter((number) => number !== cancelled)),
  );
});
