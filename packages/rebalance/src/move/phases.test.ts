import { expect, test } from '@jest/globals';
import type { BucketMove } from './move-plan.ts';
import { countByOwner, phasesOf } from './phases.ts';

const move = (kind: BucketMove['kind'], bucket: number, from: number, to: number): BucketMove => ({
  kind,
  bucket,
  from,
  to,
});
const both = (bucket: number, from: number, to: number) => [
  move('keys', bucket, from, to),
  move('numbers', bucket, from, to),
];
const shown = (phases: readonly (readonly BucketMove[])[]) =>
  phases.map((phase) => phase.map(({ kind, bucket }) => `${kind} ${bucket}`));

test('half of the numbers, the keys, and the other half', () => {
  const moves = [...both(0, 0, 2), ...both(2, 0, 2), ...both(1, 1, 2)];
  expect(shown(phasesOf(moves, countByOwner([0, 1, 0, 1, 0, 1])))).toEqual([
    ['numbers 0', 'numbers 1'],
    ['keys 0', 'keys 2', 'keys 1'],
    ['numbers 2'],
  ]);
});

test('a shard that is emptied owns a number as long as it owns keys', () => {
  expect(shown(phasesOf(both(0, 0, 1), countByOwner([0, 1])))).toEqual([['keys 0'], ['numbers 0']]);
});

test('a shard that is filled owns a number before it owns keys', () => {
  expect(shown(phasesOf(both(0, 0, 2), countByOwner([0, 0, 1])))).toEqual([['numbers 0'], ['keys 0']]);
});
