import { describe, expect, test } from '@jest/globals';
import { InvalidUnitError } from '../errors.ts';
import { shapeOf } from './shape.ts';

describe('shapeOf', () => {
  test('cuts a statement where its values go, and nowhere else', () => {
    const text = 'UPDATE `a?b` SET x = ?, y = \'?\', z = "?" /* ? */ WHERE n = ? -- ?\n AND m = ? # ?';
    expect(shapeOf(text).pieces).toEqual([
      'UPDATE `a?b` SET x = ',
      ', y = \'?\', z = "?" WHERE n = ',
      ' AND m = ',
      '',
    ]);
    expect(shapeOf(text).insert).toBeUndefined();
  });

  test('knows the rows of a plain INSERT', () => {
    const { insert } = shapeOf(
      "insert into `t` (`a`, b) values (?, LEFT(?, 3)), (UTC_DATE(), 'a),(?'), (?, ?);",
    );
    expect(insert).toEqual({
      defaults: false,
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
    'INSERT INTO t PARTITION (p) (a) VALUES (?)',
    'INSERT INTO t (a) VALUES ROW(?)',
    'INSERT INTO t VALUES (?)',
    'UPDATE t SET a = ?',
  ])('leaves %s a statement of its own', (text) => {
    expect(shapeOf(text).insert).toBeUndefined();
  });

  test('a semicolon at the end is no more than that', () => {
    expect(shapeOf('DELETE FROM t WHERE a = ? ; ').pieces).toEqual(['DELETE FROM t WHERE a = ', '']);
  });

  test('leaves no comment in the text', () => {
    expect(shapeOf('/* a */ DELETE/* b */FROM t -- c\n WHERE a = ? # d').pieces).toEqual([
      'DELETE FROM t WHERE a = ',
      '',
    ]);
    const { insert } = shapeOf('INSERT INTO t (a, b) -- the columns\n VALUES (?, /* x */ 1) -- the row');
    expect(insert).toEqual({ head: 'INSERT INTO t (a, b)', rows: [['', ', 1']], defaults: false });
  });

  test('knows the verb behind a WITH, and DEFAULT in a row', () => {
    expect(shapeOf('WITH x AS (SELECT 1) UPDATE t SET a = 1')).toMatchObject({
      verb: 'UPDATE',
      plain: false,
    });
    expect(shapeOf('INSERT INTO t (a) VALUES (DEFAULT)').insert?.defaults).toBe(true);
    expect(shapeOf('INSERT INTO t (a) VALUES (DEFAULT(a))').insert?.defaults).toBe(false);
  });

  test.each([
    ['two statements', 'DELETE FROM t; DROP TABLE t'],
    ['two semicolons', 'DELETE FROM t;;'],
    ['nothing', '-- nothing'],
    ['a statement that is hidden from some servers', 'DELETE FROM t /*! WHERE a = 1 */'],
    ['a statement that is hidden from others', 'DELETE FROM t /*M! WHERE a = 1 */'],
    ['a hint with a quote', "UPDATE /*+ SET_VAR(x = 'a') */ t SET a = 1"],
    ['a parenthesis that is not closed', 'DELETE FROM t WHERE (a = 1'],
    ['a parenthesis that was not opened', 'DELETE FROM t WHERE a = 1)'],
    ['a text in dollars', 'UPDATE t SET a = $$ ? $$'],
    ['a text in dollars behind a number', 'UPDATE t SET a = 1e5$$ ? $$'],
    ['a value that would become bytes', 'UPDATE t SET a = x?'],
    ['a value beside a text', "UPDATE t SET a = ?'b'"],
    ['values that touch', 'UPDATE t SET a = ??'],
    ['a value that would be a variable', 'UPDATE t SET a = @?'],
    ['a control character', 'UPDATE t SET a = 1 \u0000'],
    ['half of a surrogate pair', "UPDATE t SET a = '\ud83c'"],
    ['UPDATE IGNORE', 'UPDATE LOW_PRIORITY IGNORE t SET a = 1'],
    ['DELETE IGNORE', 'DELETE QUICK IGNORE FROM t'],
    ['rows that come back', 'DELETE FROM t WHERE a = 1 RETURNING a'],
    ['a write behind a WITH that replaces', 'WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x'],
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
