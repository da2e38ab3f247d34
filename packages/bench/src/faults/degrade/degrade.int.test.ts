import { expect, test } from '@jest/globals';
import { degrade } from './run.ts';

test('ordering goes on while a third party and a shard are down, and all comes right after', async () => {
  const only = ['payment down', 'one shard down'];
  const { figures, table } = await degrade(
    { seed: 5, only, count: only.length, progress: () => undefined },
    { faultMs: 3_000, perSecond: 5 },
  );
  const none = { lost: 0, duplicated: 0, redelivered: 0, outOfOrder: 0, mismatched: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { faults: only.length, landed: only.length, ...none },
    table,
  });
}, 300_000);
