import { expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { Seeded } from '../../seeded.ts';
import { KINDS } from '../kinds.ts';
import { foreign } from '../run.ts';
import { BUGS } from './bugs.ts';

/** How long is waited for what a bug keeps from happening. */
const PATIENCE_MS = 8_000;

test.each(Object.keys(BUGS))(
  'the run finds the bug %s',
  async (bug) => {
    const { figures, table } = await foreign({
      namespace: await testNamespace('planted'),
      groups: [KINDS.filter(({ name }) => BUGS[bug]!.foundBy.includes(name))],
      random: new Seeded(5),
      projectors: 1,
      planted: bug,
      patienceMs: PATIENCE_MS,
      hasty: true,
      progress: () => undefined,
    });
    expect({ planted: figures.planted, found: figures.violations > 0, table }).toEqual({
      planted: bug,
      found: true,
      table,
    });
  },
  240_000,
);
