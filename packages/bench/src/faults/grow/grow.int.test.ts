import { expect, test } from '@jest/globals';
import { run } from './run.ts';

test('two shards become four under load: nothing fails, nothing is lost, doubled, out of order or changed', async () => {
  const { figures, table } = await run({ count: 400, seed: 4, progress: () => undefined });
  const { faults, landed, redelivered: _, ...rest } = figures;
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0 };
  // The table says what was found.
  expect({ rest, table }).toEqual({ rest: none, table });
  expect(landed).toBe(faults);
}, 600_000);
