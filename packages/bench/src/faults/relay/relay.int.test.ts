import { expect, test } from '@jest/globals';
import { run } from './run.ts';

test('relays come through faults: nothing lost, out of order or changed on the way', async () => {
  const only = ['relay killed', 'past its lease', 'broker killed', 'MySQL killed', 'cut after', 'cut before'];
  const { figures, table } = await run({ count: only.length, seed: 60, only, progress: () => undefined });
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0, violations: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { faults: only.length, landed: only.length, ...none },
    table,
  });
});
