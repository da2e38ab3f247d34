import { expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { SEEDS } from '../../planted/by-some-seed.ts';
import { KINDS } from '../kinds.ts';
import { misuse } from '../run.ts';
import { BUGS } from './bugs.ts';

/** Wrong uses of each run: enough to find its bug by nearly any seed. */
const COUNT = 8;

/** Does wrong uses of some kinds to a router with a bug, or without one, and gives the figures. */
async function figuresOf(names: readonly string[], count: number, seed: number, planted?: string) {
  const namespace = await testNamespace('misuse');
  try {
    const { figures, table } = await misuse({
      urls: namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','),
      kinds: KINDS.filter(({ name }) => names.includes(name)),
      count,
      seed,
      planted,
      epoch: false,
      progress: () => undefined,
    });
    return { ...figures, table };
  } finally {
    await namespace.drop();
  }
}

test('the run finds nothing in a router without a bug, by the kinds that find those below', async () => {
  const names = Object.values(BUGS).flatMap(({ foundBy }) => foundBy);
  const { violations, planted, table } = await figuresOf(names, 2 * names.length, SEEDS[0]);
  // The table says what was found.
  expect({ violations, planted, table }).toEqual({ violations: 0, planted: null, table });
});

test.each(Object.keys(BUGS))('the run finds the bug %s', async (bug) => {
  let found = 0;
  for (const seed of SEEDS) {
    const { planted, violations } = await figuresOf(BUGS[bug]!.foundBy, COUNT, seed, bug);
    expect(planted).toBe(bug);
    found += violations;
    if (found > 0) break;
  }
  expect(found).toBeGreaterThan(0);
});
