import { expect, test } from '@jest/globals';
import { run } from './run.ts';

test('mover, source and target die on the way: resumed or rolled back, nothing is lost, doubled or out of order', async () => {
  const only = [
    'mover killed after frozen: rollback',
    'mover killed after owned: resume',
    'source killed after copied: resume',
    'target killed after frozen: rollback',
    'mover wakes after its lease at frozen',
  ];
  const { figures, table } = await run({ seed: 8, only, progress: () => undefined });
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0, violations: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { faults: only.length, landed: only.length, ...none },
    table,
  });
}, 300_000);
