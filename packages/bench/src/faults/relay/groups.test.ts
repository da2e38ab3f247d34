import { expect, test } from '@jest/globals';
import { Seeded } from '../seeded.ts';
import { seriesOf } from '../series.ts';
import { KINDS } from './kinds.ts';
import { together } from './groups.ts';

test('a seed gives the same groups, with all of the series, and always leaves a relay, a shard and time for the broker', () => {
  const groupsOf = (seed: number) => {
    const random = new Seeded(seed);
    return together(seriesOf(KINDS, 100, random), random);
  };
  const names = (seed: number) => groupsOf(seed).map((group) => group.map(({ name }) => name));
  expect(names(3)).toEqual(names(3));
  expect(names(3)).not.toEqual(names(4));
  expect(names(3).flat()).toEqual(seriesOf(KINDS, 100, new Seeded(3)).map(({ name }) => name));
  for (const group of groupsOf(3)) {
    const victims = group.map(({ victim }) => victim);
    expect(victims.filter((victim) => victim === 'relay').length).toBeLessThan(3);
    expect(victims.filter((victim) => victim === 'broker').length).toBeLessThan(2);
    expect(victims.filter((victim) => victim === 'shard').length).toBeLessThan(2);
  }
});
