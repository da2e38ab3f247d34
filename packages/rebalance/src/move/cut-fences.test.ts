import { expect, test } from '@jest/globals';
import type { NumbersFence } from '../sql/move/fences.ts';
import { cutFences } from './cut-fences.ts';

const fence = (at: number, to: number, state = 'moved', generation = 3): NumbersFence => ({
  at: String(at),
  to: String(to),
  state,
  generation,
  next_owner: 0,
  writable_from: '5',
  readable_from: '4',
});
const cell = (at: number, to: number) => ({ at: String(at), to: String(to), becomes: 'owned' });
const shape = (fences: readonly NumbersFence[]) =>
  fences
    .toSorted((a, b) => Number(a.at) - Number(b.at))
    .map(({ at, to, state, generation }) => `${at}-${to} ${state} ${generation}`);

test('a fence that is cut as its cell is becomes one that expects it', () => {
  const { remove, insert } = cutFences([fence(0, 100)], [cell(0, 100)], 7);
  expect(remove).toHaveLength(1);
  expect(insert).toEqual([
    { ...fence(0, 100, 'importing', 4), next_owner: 7, writable_from: '0', readable_from: '0' },
  ]);
});

test('cells that the source has cut finer get fences of their own, all above every generation before', () => {
  const { insert } = cutFences([fence(0, 100)], [cell(0, 20), cell(20, 21), cell(21, 100)], 0);
  expect(shape(insert)).toEqual(['0-20 importing 4', '20-21 importing 4', '21-100 importing 4']);
});

test('cells that the target has cut finer are one again', () => {
  const { remove, insert } = cutFences(
    [fence(0, 20), fence(20, 21, 'moved', 9), fence(21, 100)],
    [cell(0, 100)],
    0,
  );
  expect(remove).toHaveLength(3);
  expect(shape(insert)).toEqual(['0-100 importing 10']);
});

test('what no cell takes stays as it was, and fences beside are not touched', () => {
  const { remove, insert } = cutFences([fence(0, 50), fence(50, 100, 'owned')], [cell(10, 20)], 0);
  expect(remove.map(({ at }) => at)).toEqual(['0']);
  expect(shape(insert)).toEqual(['0-10 moved 3', '10-20 importing 4', '20-50 moved 3']);
});
