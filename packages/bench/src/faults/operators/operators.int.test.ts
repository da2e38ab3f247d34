import { expect, test } from '@jest/globals';
import { passed } from '../fault-run.ts';
import { run } from './run.ts';

test('a shard that comes back from a backup after moves is used by nobody until it is recovered, and lacks only what was not published', async () => {
  const only = ['restored after moves'];
  const { figures, table } = await run({ count: only.length, seed: 7, only, progress: () => undefined });
  // The table says what was found.
  expect({ figures, table }).toMatchObject({
    figures: { faults: only.length, landed: only.length, lost: 0, duplicated: 0, violations: 0 },
    table,
  });
  expect(passed(figures)).toBe(true);
}, 600_000);
