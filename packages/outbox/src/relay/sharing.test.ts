import { expect, test } from '@jest/globals';
import { shareOut } from './sharing.ts';

const tables = ['t0', 't1', 't2', 't3'];

const counts = (shards: number, members: readonly string[]) => {
  const held = new Map(members.map((member) => [member, 0]));
  for (let shard = 0; shard < shards; shard += 1)
    for (const member of shareOut(tables, members, shard).values()) held.set(member, held.get(member)! + 1);
  return [...held.values()].toSorted((a, b) => a - b);
};

test('every table is someone`s, whatever the order in which members are seen', () => {
  expect([...shareOut(tables, ['b', 'a'], 0)]).toEqual([
    ['t0', 'a'],
    ['t1', 'b'],
    ['t2', 'a'],
    ['t3', 'b'],
  ]);
  expect(shareOut(tables, ['a', 'b'], 0)).toEqual(shareOut(tables, ['b', 'a'], 0));
});

test.each([1, 2, 3, 5, 8, 12])('over several shards %d members differ by one table at the most', (n) => {
  const members = Array.from({ length: n }, (_, i) => `relay-${i}`);
  const held = counts(3, members);
  expect(held.reduce((a, b) => a + b)).toBe(12);
  expect(held.at(-1)! - held[0]!).toBeLessThanOrEqual(1);
});

test('nobody alive, nobody to relay', () => {
  expect(shareOut(tables, [], 1).size).toBe(0);
});
