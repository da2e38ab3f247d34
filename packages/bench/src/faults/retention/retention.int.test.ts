import { expect, test } from '@jest/globals';
import { passed } from '../fault-run.ts';
import { run } from './run.ts';

test('day after day, killed on the way, each order is in exactly one place with its last version', async () => {
  const { table, figures } = await run({ days: 3, seed: 7, progress: () => undefined });
  expect({ ...figures, table }).toMatchObject({
    faults: 1,
    landed: 1,
    lost: 0,
    duplicated: 0,
    mismatched: 0,
  });
  expect(passed(figures)).toBe(true);
});
