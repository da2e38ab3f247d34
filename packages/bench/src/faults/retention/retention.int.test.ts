import { expect, test } from '@jest/globals';
import { passed } from '../fault-run.ts';
import { run } from './run.ts';

test('day after day, moved and killed on the way, each order is in exactly one place with its last version', async () => {
  const { table, figures } = await run({ days: 3, seed: 7, progress: () => undefined });
  expect({ ...figures, table }).toMatchObject({ lost: 0, duplicated: 0, mismatched: 0, table });
  // Two movers and a run of retention are killed, buckets move to the end, and a slow writer comes.
  expect(figures.faults).toBeGreaterThanOrEqual(5);
  expect({ passed: passed(figures), table }).toMatchObject({ passed: true });
}, 300_000);
