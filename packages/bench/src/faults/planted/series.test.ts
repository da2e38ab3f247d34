import { expect, test } from '@jest/globals';
import type { FaultFigures, FaultRun, FaultRunOptions } from '../fault-run.ts';
import { allFound, plantAll } from './series.ts';

const clean: FaultFigures = {
  faults: 1,
  landed: 1,
  lost: 0,
  duplicated: 0,
  redelivered: 0,
  outOfOrder: 0,
  mismatched: 0,
  acknowledged: 50,
  callsAFault: 50,
  byKind: {},
  refused: 0,
  violations: 0,
  planted: null,
};

/** A run with two bugs: one that each seed finds, and one that only some do. */
function runOf(calls: FaultRunOptions[]): FaultRun {
  return {
    BUGS: { plain: { patches: [], foundBy: ['a', 'b'] }, shy: { patches: [], foundBy: ['c'] } },
    run: (options) => {
      calls.push(options);
      const isFound = options.planted === 'plain' || options.seed === 4;
      return Promise.resolve({ table: '', figures: isFound ? { ...clean, lost: 1, violations: 3 } : clean });
    },
  };
}

const progress = () => undefined;

test('each bug is planted for each seed, and only the faults that are to find it are done', async () => {
  const calls: FaultRunOptions[] = [];
  const result = await plantAll(runOf(calls), { seeds: 2, seed: 4, progress });
  expect(calls.map(({ planted, seed, only }) => ({ planted, seed, only }))).toEqual([
    { planted: 'plain', seed: 4, only: ['a', 'b'] },
    { planted: 'plain', seed: 5, only: ['a', 'b'] },
    { planted: 'shy', seed: 4, only: ['c'] },
    { planted: 'shy', seed: 5, only: ['c'] },
  ]);
  expect(result.figures).toEqual([
    { bug: 'plain', seeds: 2, found: 2, kinds: { lost: 2, other: 4 } },
    { bug: 'shy', seeds: 2, found: 1, kinds: { lost: 1, other: 2 } },
  ]);
  expect(allFound(result)).toBe(false);
});

test('one bug can be planted alone, and is found when nine of ten seeds find it', async () => {
  expect(allFound(await plantAll(runOf([]), { planted: 'plain', seeds: 10, seed: 1, progress }))).toBe(true);
  expect(allFound(await plantAll(runOf([]), { planted: 'shy', seeds: 10, seed: 1, progress }))).toBe(false);
});

test('a run that ends by an error has found nothing, and the others are done', async () => {
  const { BUGS } = runOf([]);
  const run: FaultRun['run'] = ({ seed }) =>
    seed === 1
      ? Promise.reject(new Error('no server'))
      : Promise.resolve({ table: '', figures: { ...clean, violations: 1 } });
  const { figures } = await plantAll({ BUGS: BUGS!, run }, { planted: 'plain', seeds: 3, seed: 1, progress });
  expect(figures).toEqual([{ bug: 'plain', seeds: 3, found: 2, kinds: { other: 2 } }]);
});

test('a bug that there is not, or a run without any, is refused', async () => {
  await expect(plantAll(runOf([]), { planted: 'none', seeds: 1, seed: 1, progress })).rejects.toMatchObject({
    code: 'FAULTS_NOT_PLANTED',
  });
  const none: FaultRun = { ...runOf([]), BUGS: {} };
  await expect(plantAll(none, { seeds: 1, seed: 1, progress })).rejects.toMatchObject({
    code: 'FAULTS_NOT_PLANTED',
  });
});
