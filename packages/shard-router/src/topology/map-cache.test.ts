import { expect, test } from '@jest/globals';
import { initialMap, nextMap, type ShardMap } from './map.ts';
import { MapCache } from './map-cache.ts';

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
