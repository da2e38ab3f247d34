import { expect, test } from '@jest/globals';
import { run } from './run.ts';

test('the read side comes through faults: views equal their orders, poison is a dead letter, and its replay is projected', async () => {
  const only = [
    'projector killed',
    'MongoDB killed',
    'order that is refused',
    'no event',
    'old events again',
  ];
  const { figures, table } = await run({ count: only.length, seed: 60, only, progress: () => undefined });
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0, violations: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { faults: only.length, landed: only.length, ...none },
    table,
  });
}, 300_000);
