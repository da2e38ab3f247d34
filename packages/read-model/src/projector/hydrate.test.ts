import { expect, test } from '@jest/globals';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import type { OrderRouter } from '@ordershard/order-rows';
import { hydrateFrom, judge } from './hydrate.ts';

const wanted = { number: 7n, version: 3 };
const answer = (version: number | undefined, expired = false) => ({
  number: 7n,
  snapshot: version === undefined ? undefined : sampleSnapshot(7n, version),
  expired,
});

test.each([3, 4])('an order of version %d answers for an event of version 3', (version) => {
  expect(judge(wanted, answer(version))).toEqual({ snapshot: sampleSnapshot(7n, version) });
});

test('"not there" means expired only below what its owner keeps', () => {
  expect(judge(wanted, answer(undefined, true))).toEqual({ expired: true });
  expect(judge(wanted, answer(undefined))).toEqual({
    error: expect.objectContaining({ code: 'READ_MODEL_HYDRATION', retryable: true }),
  });
});

test.each([
  ['an older order', answer(2)],
  ['an order that cannot be read', new RangeError('x')],
  ['no answer', undefined],
])('%s is asked for again later', (_, given) => {
  expect(judge(wanted, given)).toEqual({
    error: expect.objectContaining({ code: 'READ_MODEL_HYDRATION', retryable: true }),
  });
});

test('only an error about an order is a fault of its event', () => {
  const awaits = (error: Error) => {
    const judged = judge(wanted, error);
    return 'error' in judged ? (judged.error as { awaits?: unknown }).awaits : undefined;
  };
  expect(awaits(Object.assign(new Error('down'), { code: 'ROUTER_SHARD_UNAVAILABLE' }))).toBe('orders');
  expect(awaits(Object.assign(new Error('no access'), { errno: 1045 }))).toBe('orders');
  expect(awaits(new SyntaxError('not JSON'))).toBeUndefined();
  expect(awaits(Object.assign(new Error('key'), { code: 'ROUTER_INVALID_KEY' }))).toBeUndefined();
});

test('a number that no shard has, and an order whose rows cannot be read, keep no other from being asked for', async () => {
  const asked: bigint[] = [];
  const router = {
    shardOf: (number: bigint) => {
      if (number === 1n) throw Object.assign(new Error('no number'), { code: 'ROUTER_INVALID_KEY' });
      return 0;
    },
    onShard: () => Promise.reject(new SyntaxError('not JSON')),
    read: (number: bigint) => {
      asked.push(number);
      return Promise.resolve(number === 2n ? Promise.reject(new SyntaxError('not JSON')) : answer(3));
    },
  } as unknown as OrderRouter;
  const hydrated = await hydrateFrom(router)([1n, 2n, 3n].map((number) => ({ number, version: 3 })));
  expect(hydrated.map((one) => 'snapshot' in one)).toEqual([false, false, true]);
  expect(asked).toEqual([2n, 3n]);
});
