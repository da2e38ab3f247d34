import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { passed } from '../fault-run.ts';
import { Seeded } from '../seeded.ts';
import { KINDS } from './kinds.ts';
import { foreign } from './run.ts';

/** Faults that consist of messages alone: they do no server any harm. */
const SHORT = KINDS.filter(({ light }) => light);

let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('foreign');
});

afterAll(() => namespace.drop());

test('whatever others put on the topics, honest orders come to their views, and what cannot be read is a dead letter', async () => {
  const { figures, table } = await foreign({
    namespace,
    groups: [SHORT],
    random: new Seeded(3),
    progress: () => undefined,
  });
  const none = { lost: 0, duplicated: 0, outOfOrder: 0, mismatched: 0, violations: 0 };
  // The table says what was found.
  expect({ figures, table }).toMatchObject({ figures: { faults: SHORT.length, ...none }, table });
  expect(passed(figures)).toBe(true);
});
