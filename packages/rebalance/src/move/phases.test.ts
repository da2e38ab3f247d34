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

test('a shard that is new gets numbers before keys', () => {
  const moves = [...both(0, 0, 2), ...both(1, 1, 2)];
  expect(shown(phasesOf(moves, countByOwner([0, 1, 0, 1])))).toEqual([
    ['numbers 0', 'numbers 1'],
    ['keys 0', 'keys 1'],
  ]);
});

test('a shard that is emptied gives its keys before its numbers', () => {
  const moves = [...both(0, 0, 1), ...both(2, 0, 1)];
  expect(shown(phasesOf(moves, countByOwner([0, 1, 0, 1])))).toEqual([
    ['keys 0', 'keys 2'],
    ['numbers 0', 'numbers 2'],
  ]);
});

test('a shard that takes the place of another has some of its numbers before its keys, and the rest after', () => {
  const moves = [...both(0, 0, 2), ...both(2, 0, 2), ...both(4, 0, 2)];
  expect(shown(phasesOf(moves, countByOwner([0, 1, 0, 1, 0, 1])))).toEqual([
    ['numbers 0', 'numbers 2'],
    ['keys 0', 'keys 2', 'keys 4'],
    ['numbers 4'],
  ]);
});
