import { expect, test } from '@jest/globals';
import { InvalidValueError } from '../errors.ts';
import { withSqlComment } from './sql-comment.ts';

test('shard and request stand at the end', () => {
  expect(withSqlComment('SELECT 1;\n', { shard: 1, request: 'a7-b.c_9' })).toBe(
    'SELECT 1 /* shard=1 request=a7-b.c_9 */',
  );
  expect(withSqlComment('SELECT 1', {})).toBe('SELECT 1');
});

test.each([
  '*/ DROP TABLE t; /*',
  '* /',
  "' OR 1=1",
  '"',
  '`',
  '\\',
  ':named',
  '?',
  '\n-- ',
  '\0',
  'é\u{1F600}',
  '\uD800',
  '%2A%2F',
])('nothing breaks out of the comment: %j', (value) => {
  const commented = withSqlComment('SELECT 1', { request: value });
  expect(commented).toMatch(/^SELECT 1 \/\* request=(?:[A-Za-z0-9._-]|%[0-9A-F]{2})* \*\/$/);
});

test('a long value is cut', () => {
  expect(withSqlComment('SELECT 1', { request: 'x'.repeat(10_000) })).toHaveLength(
    'SELECT 1 /* request= */'.length + 128,
  );
});

test.each(['', 'A', 'a b', 'a*/'])('%j is no name of a tag', (name) => {
  expect(() => withSqlComment('SELECT 1', { [name as string]: 1 })).toThrow(InvalidValueError);
});
