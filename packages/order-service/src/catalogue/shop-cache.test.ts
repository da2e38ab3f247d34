import { expect, test } from '@jest/globals';
import type { Shop } from './catalogue.ts';
import { ShopCache } from './shop-cache.ts';

const shop = (shopId: string, name = shopId): Shop => ({ shopId, name, currency: 'KRW', menus: new Map() });

function counting(result: Shop | undefined) {
  const state = { calls: 0 };
  return {
    state,
    load: () => {
      state.calls += 1;
      return Promise.resolve(result);
    },
  };
}

test('reads once until the time is up, then again', async () => {
  let now = 0;
  const cache = new ShopCache({ ttlMs: 10, size: 5, now: () => now });
  const { state, load } = counting(shop('a'));
  await cache.get('a', load);
  now = 9;
  await cache.get('a', load);
  expect(state.calls).toBe(1);
  now = 10;
  await cache.get('a', load);
  expect(state.calls).toBe(2);
});

test('callers at once share one read', async () => {
  const cache = new ShopCache({ ttlMs: 10, size: 5, now: () => 0 });
  const { state, load } = counting(shop('a'));
  await Promise.all([cache.get('a', load), cache.get('a', load), cache.get('a', load)]);
  expect(state.calls).toBe(1);
});

test('an absent shop and a failed read are asked for again', async () => {
  const cache = new ShopCache({ ttlMs: 10, size: 5, now: () => 0 });
  expect(await cache.get('a', counting(undefined).load)).toBeUndefined();
  await expect(cache.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await cache.get('a', counting(shop('a')).load)).toEqual(shop('a'));
});

test('a read that was under way does not undo a write', async () => {
  const cache = new ShopCache({ ttlMs: 10, size: 5, now: () => 0 });
  const reading = cache.get('a', () => Promise.resolve(shop('a', 'old')));
  cache.set(shop('a', 'new'));
  await reading;
  expect((await cache.get('a', counting(undefined).load))?.name).toBe('new');
});

test('keeps no more than its size', async () => {
  const cache = new ShopCache({ ttlMs: 10, size: 2, now: () => 0 });
  for (const id of ['a', 'b', 'c']) cache.set(shop(id));
  const { state, load } = counting(shop('a'));
  await cache.get('c', load);
  await cache.get('b', load);
  expect(state.calls).toBe(0);
  await cache.get('a', load);
  expect(state.calls).toBe(1);
});
