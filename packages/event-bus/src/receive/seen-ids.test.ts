import { expect, test } from '@jest/globals';
import { SeenIds } from './seen-ids.ts';

test('an id is new once', () => {
  const seen = new SeenIds(3);
  expect(['a', 'b', 'a'].map((id) => seen.add(id))).toEqual([true, true, false]);
});

test('the oldest ids are forgotten, so that memory has a bound', () => {
  const seen = new SeenIds(3);
  for (let id = 0; id < 1_000; id += 1) seen.add(String(id));
  expect(seen.size).toBe(3);
  expect(['999', '998', '997', '996'].map((id) => seen.add(id))).toEqual([false, false, false, true]);
});
