import { expect, test } from '@jest/globals';
import type { Finding } from '../findings.ts';
import { findBySomeSeed } from './by-some-seed.ts';

const sought = { kind: 'lost', detail: /^gone/ } as const;
const finding = (detail: string): Finding => ({ kind: 'lost', subject: 'order 1', detail });

test('series are done until what is sought is found', async () => {
  const series = [[finding('other')], [finding('gone: all')], [finding('never asked for')]];
  const found = await findBySomeSeed(sought, () => Promise.resolve(series.shift()!));
  expect(found).toEqual([finding('other'), finding('gone: all')]);
});

test('what no series finds is not found, by different seeds', async () => {
  const seeds = new Set<number>();
  const found = await findBySomeSeed(sought, (seed) => Promise.resolve((seeds.add(seed), [])));
  expect(found).toEqual([]);
  expect(seeds.size).toBe(3);
});
