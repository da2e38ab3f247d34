import { describe, expect, test } from '@jest/globals';
import { mayChangeSession } from './session-changes.ts';

describe('a statement that leaves its session as it was', () => {
  test.each([
    'SELECT * FROM orders WHERE number = 7',
    '  select 1',
    '(SELECT 1) UNION (SELECT 2)',
    '/* app */ SELECT 1',
    "SELECT * FROM members WHERE mail = 'a@example.com'",
    "INSERT INTO notes (body) VALUES ('set @a := 1, a@b, get_lock(1)')",
    "UPDATE notes SET body = ':=' WHERE number = 1",
    'SELECT locked_at, `get_lock` FROM jobs',
    'WITH x AS (SELECT 1) SELECT * FROM x',
    'START TRANSACTION READ WRITE',
    'BEGIN',
    'COMMIT',
    'ROLLBACK TO SAVEPOINT a',
    'RELEASE SAVEPOINT a',
    'CALL ordershard_open(1, 2, NULL)',
    'SELECT @@autocommit',
    'EXPLAIN SELECT 1',
    'DO 0',
  ])('%s', (sql) => expect(mayChangeSession(sql)).toBe(false));
});

describe('a statement that may change its session', () => {
  test.each([
    'SET @a = 1',
    'set session transaction read write',
    '/* app */ SET NAMES latin1',
    'SELECT @a := 1',
    'SELECT 1 INTO @a',
    'SELECT 1 INTO /* here */ @a',
    'INSERT INTO notes (body) VALUES (@a := 1)',
    "SELECT GET_LOCK('a', 1)",
    'DO get_lock (1, 1)',
    "SELECT service_get_write_locks('a', 'b', 1)",
    'LOCK TABLES notes WRITE',
    'CREATE TEMPORARY TABLE t (id INT)',
    "PREPARE s FROM 'SELECT 1'",
    'USE other',
    'CALL a_procedure_of_the_application()',
    'HANDLER notes OPEN',
    "XA START 'a'",
    'SELECT 1 /*! INTO @a */',
    '/*! SET @a = 1 */',
  ])('%s', (sql) => expect(mayChangeSession(sql)).toBe(true));
});
