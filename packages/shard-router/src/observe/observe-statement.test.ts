import { describe, expect, jest, test } from '@jest/globals';
import { FenceError } from '../errors.ts';
import { allOf } from './all-of.ts';
import { observeStatement } from './observe-statement.ts';
import { SILENT } from './telemetry.ts';
import { codeOf, kindOfStatement, type RouterObserver } from './observer.ts';

test('with nobody looking, the callback is passed on as it is', () => {
  const done = () => undefined;
  expect(observeStatement(undefined, 'SELECT 1', done)).toBe(done);
  const pool = { ...SILENT, shard: 0, role: 'writer' as const };
  expect(observeStatement(pool, 'SELECT 1', done)).toBe(done);
  expect(observeStatement({ ...pool, observer: {} }, 'SELECT 1', done)).toBe(done);
});

test('an observer is told of the end before the caller', () => {
  const seen: unknown[] = [];
  const observer: RouterObserver = {
    statement: (start) => ({ end: (result) => seen.push(start, result) }),
  };
  const done = (error: unknown, rows: number) => seen.push(error, rows);
  observeStatement({ ...SILENT, observer, shard: 1, role: 'reader' }, ' select 1', done)(null, 7);
  expect(seen).toEqual([{ shard: 1, role: 'reader', kind: 'read' }, { error: undefined }, null, 7]);
});

test.each([
  ['SELECT 1', 'read'],
  ['(select 1)', 'read'],
  ['WITH a AS (SELECT 1) SELECT * FROM a', 'read'],
  ['insert into t', 'write'],
  ['UPDATE t', 'write'],
  ['SET @a = 1', 'other'],
  ['CALL ordershard_open(1, 2, NULL)', 'begin'],
  ['start transaction read only', 'begin'],
  ['CALL ordershard_commit()', 'commit'],
  ['CALL ordershard_rollback()', 'rollback'],
  ['commit work', 'commit'],
  ['ROLLBACK', 'rollback'],
  ['ROLLBACK TO SAVEPOINT a', 'other'],
  ['CALL ordershard_other()', 'write'],
  ['selection', 'other'],
])('%j is for a %s', (sql, kind) => {
  expect(kindOfStatement(sql)).toBe(kind);
});

test.each([
  [undefined, ''],
  [new FenceError('x'), 'ROUTER_FENCE'],
  [Object.assign(new Error('x'), { code: 'ER_DUP_ENTRY' }), 'ER_DUP_ENTRY'],
  [Object.assign(new Error('x'), { code: 'some text; with spaces' }), 'OTHER'],
  [new Error('x'), 'OTHER'],
])('the code of %p is %j', (error, code) => {
  expect(codeOf(error)).toBe(code);
});

describe('several observers', () => {
  test('are all told, in their order, and each wraps what is inside', () => {
    const seen: string[] = [];
    const named = (name: string): RouterObserver => ({
      transaction: ({ shard }) => ({
        within: (fn) => {
          seen.push(`${name} in`);
          return fn();
        },
        end: ({ outcome }) => {
          seen.push(`${name} ${shard} ${outcome}`);
        },
      }),
      numbersDrawn: (count) => void seen.push(`${name} ${count}`),
    });
    const observer = allOf(named('a'), {}, named('b'));
    expect(observer).not.toHaveProperty('statement');
    const observation = observer.transaction!({ shard: 1 });
    const inside = jest.fn(() => 5);
    expect(observation.within!(inside)).toBe(5);
    observation.end({ shard: 1, outcome: 'committed', attempts: 1, error: undefined });
    observer.numbersDrawn!(3);
    expect(seen).toEqual(['b in', 'a in', 'a 1 committed', 'b 1 committed', 'a 3', 'b 3']);
    expect(inside).toHaveBeenCalledTimes(1);
  });
});
