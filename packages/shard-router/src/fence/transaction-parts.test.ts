import { beforeEach, expect, test } from '@jest/globals';
import { TransactionParts } from './transaction-parts.ts';

const first = {};
const second = {};
let doomed: boolean;
let parts: TransactionParts;

beforeEach(() => {
  doomed = false;
  parts = new TransactionParts(() => {
    doomed = true;
  });
});

test('a part in which nobody else has sent anything is taken back alone', () => {
  parts.enter(first);
  parts.sent(first);
  expect(parts.leave(first, 'rollback')).toEqual({ sql: 'ROLLBACK TO SAVEPOINT ordershard_1' });
  expect(doomed).toBe(false);
});

test('a part in which another has sent something takes the whole with it', () => {
  parts.enter(first);
  parts.sent(second);
  expect(parts.leave(first, 'rollback')).toEqual({ sql: undefined });
  expect(doomed).toBe(true);
});

test('what another sent before a part began stays when it is taken back', () => {
  parts.sent(second);
  parts.enter(first);
  expect(parts.leave(first, 'rollback')).toMatchObject({ sql: expect.anything() });
  expect(doomed).toBe(false);
});

test('the newer of two parts that overlap is taken back alone while the older one sends nothing', () => {
  parts.enter(first);
  parts.enter(second);
  expect(parts.leave(second, 'rollback')).toEqual({ sql: 'ROLLBACK TO SAVEPOINT ordershard_2' });
  expect(doomed).toBe(false);
  parts.leave(first, 'rollback');
  expect(doomed).toBe(true);
});

test('a savepoint stays on the server while one of another came after it, which would go with it', () => {
  parts.enter(first);
  parts.enter(second);
  expect(parts.leave(first, 'commit')).toEqual({ sql: undefined });
  expect(parts.leave(second, 'rollback')).toEqual({ sql: 'ROLLBACK TO SAVEPOINT ordershard_2' });
});

test('two owners may give their savepoints one name', () => {
  parts.enter(first, 'sp1');
  parts.enter(second, 'sp1');
  expect(parts.rollbackTo(second, 'sp1')).toEqual({ sql: 'ROLLBACK TO SAVEPOINT ordershard_2' });
  expect(parts.release(second, 'sp1')).toEqual({ sql: 'RELEASE SAVEPOINT ordershard_2' });
  expect(parts.release(first, 'sp1')).toEqual({ sql: 'RELEASE SAVEPOINT ordershard_1' });
  expect(parts.release(first, 'sp1')).toBeUndefined();
});

test('one can go back to a savepoint again, and those after it are gone', () => {
  parts.enter(first, 'a');
  parts.enter(first, 'b');
  expect(parts.rollbackTo(first, 'a')).toBeDefined();
  expect(parts.rollbackTo(first, 'b')).toBeUndefined();
  expect(parts.rollbackTo(first, 'a')).toBeDefined();
});

test('the end of a part is the end of the savepoints inside it, and not of a savepoint around it', () => {
  parts.enter(first, 'around');
  parts.enter(first);
  parts.enter(first, 'inside');
  parts.leave(first, 'commit');
  expect(parts.rollbackTo(first, 'inside')).toBeUndefined();
  expect(parts.rollbackTo(first, 'around')).toBeDefined();
  expect(parts.leave(first, 'commit')).toBeUndefined();
});

test('a part that its owner leaves open dooms the whole, a savepoint does not', () => {
  parts.enter(first, 'a');
  parts.abandon(first);
  expect(doomed).toBe(false);
  parts.enter(second);
  parts.abandon(second);
  expect(doomed).toBe(true);
});
