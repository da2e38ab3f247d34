import { describe, expect, test } from '@jest/globals';
import { InvalidUnitError } from '../errors.ts';
import { shapeOf } from './shape.ts';

describe('shapeOf', () => {
  test('cuts a statement where its values go, and nowhere else', () => {
    const text = 'UPDATE `a?b` SET x = ?, y = \'?\', z = "?" /* ? */ WHERE n = ? -- ?\n AND m = ? # ?';
    expect(shapeOf(text).pieces).toEqual([
      'UPDATE `a?b` SET x = ',
      ', y = \'?\', z = "?" /* ? */ WHERE n = ',
      ' -- ?\n AND m = ',
      ' # ?',
    ]);
    expect(shapeOf(text).insert).toBeUndefined();
  });

  test('knows the rows of a plain INSERT', () => {
    const { insert } = shapeOf(
      "insert into `t` (`a`, b) values (?, LEFT(?, 3)), (UTC_DATE(), 'a),(?'), (?, ?);",
    );
    expect(insert).toEqual({
      head: 'insert into `t` (`a`, b)',
      rows: [['', ', LEFT(', ', 3)'], ["UTC_DATE(), 'a),(?'"], ['', ', ', '']],
    });
  });

  test.each([
    'INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = ?',
    'INSERT INTO t (a) VALUES (?) AS new ON DUPLICATE KEY UPDATE a = new.a',
    'INSERT INTO t (a) SELECT a FROM u WHERE b = ?',
    'INSERT INTO t SET a = ?',
    'INSERT LOW_PRIORITY INTO t (a) VALUES (?)',
    'UPDATE t SET a = ?',
  ])('leaves %s a statement of its own', (text) => {
    expect(shapeOf(text).insert).toBeUndefined();
  });

  test('a semicolon at the end is no more than that', () => {
    expect(shapeOf('DELETE FROM t WHERE a = ? ; ').pieces).toEqual(['DELETE FROM t WHERE a = ', '']);
  });

  test.each([
    ['two statements', 'DELETE FROM t; DROP TABLE t'],
    ['a quote that is not closed', "DELETE FROM t WHERE a = 'x"],
    ['a quote that an escape keeps open', "DELETE FROM t WHERE a = 'x\\'"],
    ['a comment that is not closed', 'DELETE FROM t /* x'],
    ['INSERT IGNORE', 'INSERT IGNORE INTO t (a) VALUES (?)'],
    ['INSERT IGNORE with more words', 'insert high_priority ignore into t (a) values (?)'],
    ['REPLACE', 'REPLACE INTO t (a) VALUES (?)'],
    ['a statement that is no write', 'SET sql_mode = ?'],
    ['the end of the transaction', 'COMMIT'],
    ['a procedure', 'CALL p(?)'],
  ])('refuses %s', (_, text) => {
    expect(() => shapeOf(text)).toThrow(InvalidUnitError);
  });
});
