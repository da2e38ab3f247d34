import { expect, test } from '@jest/globals';
import { Seeded } from '../seeded.ts';
import { AT_ONCE, groupsOf } from './groups.ts';

const kinds = [
  { name: 'a', light: true, weight: 3 },
  { name: 'b', light: true, weight: 1 },
  { name: 'c', light: false, weight: 1 },
];

test('light kinds come some at once, others alone, each as often as its weight says', () => {
  const groups = groupsOf(kinds, 50, new Seeded(7));
  const all = groups.flat();
  expect(all).toHaveLength(50);
  for (const { name, weight } of kinds)
    expect(all.filter((kind) => kind.name === name)).toHaveLength(weight * 10);
  for (const group of groups)
    expect(group.every(({ light }) => light) ? group.length : group.length - 1).toBeLessThanOrEqual(
      group[0]!.light ? AT_ONCE : 0,
    );
  expect(groupsOf(kinds, 50, new Seeded(7))).toEqual(groups);
});
