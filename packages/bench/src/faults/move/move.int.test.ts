import { expect, test } from '@jest/globals';
import { run } from './run.ts';

test('moves come through deaths: one owner, nothing lost, doubled, out of order or changed', async () => {
  const only = [
    'mover killed after frozen: rollback',
    'mover killed after owned: resume',
    'source killed after copied: resume',
    'target killed after owned: rollback',
    'mover wakes after its lease at verified',
  ];
  const { figures, table } = await run({ seed: 8, only, progress: () => undefined });
  const { redelivered: _, ...rest } = figures;
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0 };
  // The table says what was found.
  expect({ rest, table }).toEqual({ rest: { faults: only.length, landed: only.length, ...none }, table });
});
