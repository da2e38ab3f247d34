import { describe, expect, test } from '@jest/globals';
import { MigrationRefusedError } from './errors.ts';
import { splitStatements } from './split-statements.ts';

const split = (text: string) => splitStatements(text, 'f.sql').map(({ sql }) => sql);

describe('statements end at a semicolon', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' ; ;\n-- nothing\n', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1 ; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    [
      "SELECT ';', \"a;b\", `c;d`, 'it''s; \\'; x'; SELECT 2",
      ["SELECT ';', \"a;b\", `c;d`, 'it''s; \\'; x'", 'SELECT 2'],
    ],
    ['SELECT 1 -- a; b\n + 1; SELECT 2', ['SELECT 1 -- a; b\n + 1', 'SELECT 2']],
    ['SELECT 1 # a; b\n; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['SELECT 5--1; SELECT 2', ['SELECT 5--1', 'SELECT 2']],
    ['/* a; b */ SELECT 1 /* ; */; /*! SET x = 1; */;', ['SELECT 1', '/*! SET x = 1; */']],
    ['SELECT begin, end FROM t; SELECT 2', ['SELECT begin, end FROM t', 'SELECT 2']],
  ])('%j', (text, statements) => {
    expect(split(text)).toEqual(statements);
  });
});

describe('the body of a stored program stays whole', () => {
  test.each([
    'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END',
    'create definer=`a`@`%` procedure p() begin select 1; end',
    "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN IF NEW.a THEN SIGNAL SQLSTATE '45000'; END IF; END",
    'CREATE PROCEDURE p() BEGIN IF a THEN BEGIN SELECT 1; END; ELSE SELECT 2; END IF; SELECT 3; END',
    'CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE; SELECT 2; END',
    'CREATE FUNCTION f() RETURNS INT BEGIN RETURN CASE WHEN 1 THEN 2 ELSE 3 END; END',
    'CREATE PROCEDURE p() BEGIN l: LOOP LEAVE l; END LOOP l; WHILE a DO SELECT 1; END WHILE; REPEAT SELECT 1; UNTIL b END REPEAT; END',
    'CREATE PROCEDURE p() BEGIN SET NEW.end = IF(a, b, c), @begin = 1, x = NEW.`end`; END',
    'CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = IF(NEW.b > 1, 2, 3)',
    'CREATE PROCEDURE p() CASE a WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE',
    'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END',
    'BEGIN NOT ATOMIC SELECT 1; SELECT 2; END',
  ])('%j', (program) => {
    expect(split(`${program};\nSELECT 'next';`)).toEqual([program, "SELECT 'next'"]);
  });

  test('a delimiter may be given, as to the mysql client', () => {
    const text =
      'SELECT 1;\nDELIMITER //\nCREATE PROCEDURE p() IF a THEN SELECT 1; END IF//\nDELIMITER ;\nSELECT 2;';
    expect(split(text)).toEqual(['SELECT 1', 'CREATE PROCEDURE p() IF a THEN SELECT 1; END IF', 'SELECT 2']);
  });
});

test('each statement knows its line and its first words', () => {
  const [, second] = splitStatements('SELECT 1;\n\n-- why\nCREATE TABLE `a``b` (x INT);', 'f.sql');
  expect(second).toMatchObject({ line: 4, words: ['CREATE', 'TABLE', 'a`b', 'x', 'INT'] });
  const [qualified] = splitStatements('DROP TABLE db . `t`', 'f.sql');
  expect(qualified!.words).toEqual(['DROP', 'TABLE', 'db.t']);
});

test.each([
  ["SELECT 1;\nSELECT 'a", /f\.sql, line 2: a quote or a comment/],
  ['SELECT 1 /* a', /line 1: a quote or a comment/],
  ['SELECT `a', /line 1: a quote or a comment/],
  ['CREATE PROCEDURE p() BEGIN SELECT 1;', /line 1: a BEGIN here has no END/],
  ['CREATE PROCEDURE p() IF a THEN SELECT 1; END IF;', /needs BEGIN … END/],
  ['CREATE PROCEDURE p() WHILE a DO SELECT 1; END WHILE;', /needs BEGIN … END/],
])('%j is refused', (text, message) => {
  expect(() => split(text)).toThrow(MigrationRefusedError);
  expect(() => split(text)).toThrow(message);
});

test('a text of a megabyte is no trouble', () => {
  const long = `SELECT '${"a''b\\'".repeat(200_000)}'`;
  expect(split(`${long}; SELECT 2`)).toEqual([long, 'SELECT 2']);
});
