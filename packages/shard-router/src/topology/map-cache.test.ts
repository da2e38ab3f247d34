import { expect, test } from '@jest/globals';
import { initialMap, nextMap, type ShardMap } from './map.ts';
import { MapCache } from './map-cache.ts';
import { shardOfTarget, withOwnersOf } from './shard-of-target.ts';

test('a notice that comes while the map is being loaded is not lost', async () => {
  const first = initialMap('c', 8, [0, 1]);
  const second = nextMap({ ...first, keyOwners: first.keyOwners.toReversed() }, first);
  const loads: PromiseWithResolvers<ShardMap>[] = [];
  let notice: () => void = () => undefined;
  const looks: number[] = [];
  const cache = new MapCache({
    clusterId: 'c',
    load: () => {
      const loading = Promise.withResolvers<ShardMap>();
      loads.push(loading);
      return loading.promise;
    },
    check: () => undefined,
    notifier: {
      subscribe: (changed) => {
        notice = changed;
        return () => undefined;
      },
    },
    pollMs: 3_600_000,
    looked: (version) => looks.push(version),
  });
  const started = cache.start();
  loads[0]!.resolve(first);
  await started;
  notice();
  notice();
  notice();
  expect(loads).toHaveLength(2);
  // What was read before the change that the later notices tell of.
  loads[1]!.resolve(first);
  while (loads.length < 3) await new Promise(setImmediate);
  loads[2]!.resolve(second);
  while (looks.length < 3) await new Promise(setImmediate);
  expect(cache.current.version).toBe(second.version);
  await cache.stop();
  expect(loads).toHaveLength(3);
});

test('what a fence has said is gone by until the next version is there', async () => {
  const first = initialMap('c', 8, [0, 1]);
  let newest = first;
  const cache = new MapCache({
    clusterId: 'c',
    load: () => Promise.resolve(newest),
    check: () => undefined,
    pollMs: 3_600_000,
  });
  await cache.start();
  const target = { number: 77n, key: 'a key' };
  cache.learn((map) => withOwnersOf(map, target, { number: 2, key: 2 }));
  expect(shardOfTarget(cache.current, target)).toBe(2);
  expect(shardOfTarget(first, { number: 77n })).not.toBe(2);
  // The same version says nothing new.
  await cache.refresh();
  expect(shardOfTarget(cache.current, target)).toBe(2);
  newest = nextMap({ ...first, epochs: [{ from: '0', owners: Array<number>(8).fill(3) }] }, first);
  await cache.refresh();
  expect(shardOfTarget(cache.current, { number: 77n })).toBe(3);
  await cache.stop();
});

test('a fence speaks for the epoch of the number that it was asked for', () => {
  const first = initialMap('c', 8, [0, 1]);
  const from = 1n << 40n;
  const map = nextMap(
    { ...first, epochs: [...first.epochs, { from: String(from), owners: first.epochs[0]!.owners }] },
    first,
  );
  const [before, after] = [5n, from + 5n];
  const learned = withOwnersOf(map, { number: after }, { number: 2 });
  expect(shardOfTarget(learned, { number: after })).toBe(2);
  expect(shardOfTarget(learned, { number: before })).toBe(shardOfTarget(map, { number: before }));
});
