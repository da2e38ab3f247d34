import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { KINDS } from '../kinds.ts';
import { misuse } from '../run.ts';
import { BUGS } from './bugs.ts';

/** Wrong uses of each run: enough to find its bug by any seed. */
const COUNT = 8;

let namespace: Namespace;

beforeEach(async () => {
  namespace = await testNamespace('misuse');
});

afterEach(() => namespace.drop());

/** Does wrong uses of some kinds to a router with a bug, or without one, and gives the figures. */
async function figuresOf(names: readonly string[], count: number, planted?: string) {
  const { figures, table } = await misuse({
    urls: namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','),
    kinds: KINDS.filter(({ name }) => names.includes(name)),
    count,
    seed: 5,
    planted,
    epoch: false,
    progress: () => undefined,
  });
  return { ...figures, table };
}

test('the run finds nothing in a router without a bug, by the kinds that find those below', async () => {
  const names = Object.values(BUGS).flatMap(({ foundBy }) => foundBy);
  const { violations, planted, table } = await figuresOf(names, 2 * names.length);
  // The table says what was found.
  expect({ violations, planted, table }).toEqual({ violations: 0, planted: null, table });
});

test.each(Object.keys(BUGS))('the run finds the bug %s', async (bug) => {
  const { planted, violations } = await figuresOf(BUGS[bug]!.foundBy, COUNT, bug);
  expect(planted).toBe(bug);
  expect(violations).toBeGreaterThan(0);
});
