import { expect, test } from '@jest/globals';
import { KINDS } from './kinds.ts';
import { run } from './run.ts';

test('merged writes come through one fault of each kind: nothing lost, doubled or half done', async () => {
  const count = KINDS.length;
  const { figures, table } = await run({ count, seed: 3, progress: () => undefined });
  const none = { lost: 0, duplicated: 0, redelivered: 0, outOfOrder: 0, mismatched: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({ figures: { faults: count, landed: count, ...none }, table });
});
