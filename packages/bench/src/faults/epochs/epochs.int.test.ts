import { expect, test } from '@jest/globals';
import { passed } from '../fault-run.ts';
import { run } from './run.ts';

test('a shard more, an opener that is killed, and two days later the shards are even and nothing was copied', async () => {
  const { table, figures } = await run({ days: 3, seed: 7, progress: () => undefined });
  // The table says what was found.
  expect(passed(figures) ? '' : table).toBe('');
  expect(figures).toMatchObject({ faults: 6, landed: 6, lost: 0, duplicated: 0, mismatched: 0 });
}, 300_000);
