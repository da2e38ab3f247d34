import { expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { passed } from '../fault-run.ts';
import { Seeded } from '../seeded.ts';
import { KINDS } from './kinds.ts';
import { foreign } from './run.ts';

/** Those that harm no server, which others use too, and end within seconds. */
const APART = ['topic deleted and made anew', 'partitions grown', 'no way to MongoDB'];

test('honest orders come to their views beside messages of others, sizes at the limits and logs that change', async () => {
  const light = KINDS.filter((kind) => kind.light);
  const groups = [light, ...APART.map((name) => KINDS.filter((kind) => kind.name === name))];
  const { figures, table } = await foreign({
    namespace: await testNamespace('foreign'),
    groups,
    random: new Seeded(20),
    progress: () => undefined,
  });
  // The table says what was found.
  expect({ violations: figures.violations, passed: passed({ ...figures, callsAFault: 1 }), table }).toEqual({
    violations: 0,
    passed: true,
    table,
  });
}, 300_000);
