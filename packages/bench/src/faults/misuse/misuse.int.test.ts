import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { passed } from '../fault-run.ts';
import { KINDS } from './kinds.ts';
import { misuse } from './run.ts';

let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('misuse');
});

afterAll(() => namespace.drop());

/** Wrong uses that end soon, whatever their answer. */
const SHORT = [
  'comment at the end of a statement',
  'SQL in a text behind a comment',
  'LAST_INSERT_ID in units',
  'a number that is none',
  'SQL text as a number',
  'a key that is none',
  'a deadlock that is not awaited',
  'a nested failure that is caught',
  'begin, insert and commit queued',
  'queued on a shard that is not the owner',
  'another way to begin',
  'another shard inside a transaction',
  'a second transaction of a scope meets a fence',
  'a handle that is over',
  'work after its scope',
  'transaction control in a transaction',
  'transaction control in a unit',
  'DDL in a transaction',
];

test('wrong uses are refused by type, or right, and harm nobody beside them, while buckets move and an epoch is opened', async () => {
  const kinds = KINDS.filter(({ name }) => SHORT.includes(name));
  expect(kinds).toHaveLength(SHORT.length);
  const { figures, table } = await misuse({
    urls: namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','),
    kinds,
    count: kinds.length,
    seed: 11,
    progress: () => undefined,
  });
  // The table says what was found.
  expect({ violations: figures.violations, passed: passed(figures), table }).toEqual({
    violations: 0,
    passed: true,
    table,
  });
});
