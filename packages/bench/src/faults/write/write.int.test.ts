import { expect, test } from '@jest/globals';
import { KINDS } from './kinds.ts';
import { run } from './run.ts';

test('merged writes come through one fault of each kind: nothing lost, doubled or half done', async () => {
  const { figures, table } = await run({ count: KINDS.length, seed: 3, progress: () => undefined });
  const found = {
    landed: KINDS.length,
    faults: KINDS.length,
    lost: 0,
    duplicated: 0,
    mismatched: 0,
  };
  expect({ ...figures, said: table }).toEqual({ ...figures, ...found, said: table });
});
