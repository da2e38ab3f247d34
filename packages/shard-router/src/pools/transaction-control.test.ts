import { expect, test } from '@jest/globals';
import { transactionControl } from './transaction-control.ts';

test.each([
  ['begin', 'begin'],
  ['BEGIN;', 'begin'],
  [' Begin Work ', 'begin'],
  ['START TRANSACTION', 'begin'],
  ['start transaction read write;', 'begin'],
  ['COMMIT;', 'commit'],
  ['commit work', 'commit'],
  ['rollback', 'rollback'],
  ['ROLLBACK;', 'rollback'],
])('%j is %s', (sql, control) => {
  expect(transactionControl(sql)).toBe(control);
});

test.each([
  'select 1',
  'start transaction read only',
  'rollback to savepoint a',
  'commit and chain',
  'savepoint begin',
  "select 'begin'",
  'beginning',
])('%j is not', (sql) => {
  expect(transactionControl(sql)).toBeUndefined();
});
