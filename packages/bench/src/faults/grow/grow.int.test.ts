import { expect, test } from '@jest/globals';
import { passed } from '../fault-run.ts';
import { run } from './run.ts';

test('from two to four shards under writes and reads: nothing lost, doubled or refused, and every view equal', async () => {
  const { figures, table } = await run({ count: 300, seed: 4, progress: () => undefined });
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0 },
    table,
  });
  expect(figures.faults).toBeGreaterThan(0);
  expect(passed(figures)).toBe(true);
}, 1_200_000);
