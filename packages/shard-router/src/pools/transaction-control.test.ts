import { describe, expect, test } from '@jest/globals';
import { transactionControl } from './transaction-control.ts';

const READ_WRITE = { access: 'read write' };
const READ_ONLY = { access: 'read only' };

describe('a statement that begins a transaction is recognised by its verb, with comments wherever they may stand', () => {
  test.each([
    ['begin', { access: undefined }],
    ['BEGIN;', { access: undefined }],
    [' Begin Work ', { access: undefined }],
    ['-- a comment\nBEGIN # another\n;;', { access: undefined }],
    [
      "BEGIN /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
      { access: undefined },
    ],
    ['START TRANSACTION', { access: undefined }],
    ['start transaction read write;', READ_WRITE],
    ['/* app */ START TRANSACTION READ WRITE', READ_WRITE],
    ['START TRANSACTION /* app */ READ WRITE', READ_WRITE],
    ['START/**/TRANSACTION READ ONLY', READ_ONLY],
    ['START TRANSACTION READ WRITE, WITH CONSISTENT SNAPSHOT', { ...READ_WRITE, snapshot: true }],
    ['START TRANSACTION WITH CONSISTENT SNAPSHOT , READ ONLY', { ...READ_ONLY, snapshot: true }],
  ])('%j', (sql, modes) => {
    expect(transactionControl(sql)).toMatchObject({ do: 'begin', modes });
  });
});

test.each([
  ['COMMIT;', 'commit'],
  ['commit work', 'commit'],
  ['COMMIT /* c */', 'commit'],
  ['COMMIT AND NO CHAIN NO RELEASE', 'commit'],
  ['COMMIT WORK AND NO CHAIN', 'commit'],
  ['rollback', 'rollback'],
  ['ROLLBACK;', 'rollback'],
  ['/* x */ROLLBACK WORK NO RELEASE', 'rollback'],
])('%j ends a transaction', (sql, control) => {
  expect(transactionControl(sql)).toEqual({ do: control });
});

test.each([
  ['SAVEPOINT a', 'savepoint', 'a'],
  ['savepoint `a b`', 'savepoint', 'a b'],
  ['ROLLBACK TO a', 'rollback to', 'a'],
  ['rollback work to savepoint `X`', 'rollback to', 'x'],
  ['RELEASE SAVEPOINT a /* done */', 'release', 'a'],
])('%j is about a savepoint', (sql, what, name) => {
  expect(transactionControl(sql)).toEqual({ do: what, name });
});

test.each([
  ['SET TRANSACTION READ ONLY', READ_ONLY],
  ['set transaction isolation level serializable', { isolation: 'SERIALIZABLE' }],
  [
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE',
    { ...READ_WRITE, isolation: 'REPEATABLE READ' },
  ],
])('%j is about the next transaction', (sql, modes) => {
  expect(transactionControl(sql)).toMatchObject({ do: 'set next', modes });
});

describe('what begins, chains, ends or sets a transaction in another way is refused', () => {
  test.each([
    '/*! START TRANSACTION READ WRITE */',
    'START TRANSACTION /*! READ WRITE */',
    'START TRANSACTION /*!50001 WITH CONSISTENT SNAPSHOT */',
    'BEGIN NOT ATOMIC SELECT 1; END',
    'begin /*! work */',
    'COMMIT AND CHAIN',
    'COMMIT /* a */ AND /* b */ CHAIN',
    'ROLLBACK AND CHAIN NO RELEASE',
    'COMMIT RELEASE',
    'COMMIT; SELECT 1',
    'ROLLBACK TO a b',
    'SET SESSION TRANSACTION READ WRITE',
    'SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SET GLOBAL TRANSACTION READ ONLY',
    'SET TRANSACTION',
    'SET TRANSACTION /*! READ WRITE */',
    'SET autocommit = 0',
    'SET AUTOCOMMIT=1',
    'SET @a = 1, autocommit = 0',
    'SET SESSION autocommit = 0',
    'SET @@autocommit = 0',
    'SET @@session.autocommit = 0',
    'SET `autocommit` = 0',
    'SET @@session . `autocommit` = 0',
    'SET completion_type = CHAIN',
    'SET transaction_read_only = 0',
    'SET @@tx_isolation = 1',
    'SET sql_mode = ANSI_QUOTES',
    'SET SESSION sql_log_bin = 0',
    'SET @@skip_replication = 1',
    'SET NAMES gbk',
    'SET GLOBAL max_connections = 1',
    'SET @@global.max_connections = 1',
    'SET STATEMENT autocommit = 0 FOR SELECT 1',
    '/* x */ SET /* y */ autocommit = 0',
    'SET /*! autocommit = 0 */',
    "XA START 'a'",
    'LOCK TABLES a WRITE',
    'UNLOCK TABLES',
    'CREATE TABLE a (b INT)',
    'CREATE OR REPLACE VIEW a AS SELECT 1',
    'ALTER TABLE a ADD b INT',
    'DROP TABLE a',
    'TRUNCATE a',
    'RENAME TABLE a TO b',
    'ANALYZE TABLE a',
    'OPTIMIZE TABLE a',
    'FLUSH TABLES',
    'GRANT ALL ON a TO b',
    'LOAD INDEX INTO CACHE a',
    'START REPLICA',
    'USE another',
    "PREPARE a FROM 'COMMIT'",
    'EXECUTE a',
    "EXECUTE IMMEDIATE 'COMMIT'",
    'CALL ordershard_commit()',
    'CALL `db`.`ordershard_open`(1, 2, 3)',
    'IF 1 THEN COMMIT; END IF',
    'label: BEGIN NOT ATOMIC COMMIT; END',
    'SELECT @ordershard_bucket := 5',
    'SET @ORDERSHARD_bucket = 5',
    'SET @`ordershard_bucket` = 5',
    "/*x*/ SELECT 5 INTO @'ordershard_bucket'",
    'FROBNICATE a',
    ';',
  ])('%j', (sql) => {
    expect(transactionControl(sql)).toMatchObject({ do: 'refuse', why: expect.any(String) });
  });
});

test.each([
  '',
  'select 1',
  ' SELECT 1',
  '(SELECT 1) UNION (SELECT 2)',
  '/* hint */ INSERT INTO a VALUES (1)',
  "select 'begin'",
  'SELECT /*+ MAX_EXECUTION_TIME(5) */ 1',
  'SELECT /*! STRAIGHT_JOIN */ 1',
  "SELECT 'someone@example.com'",
  'SELECT @a := 1',
  'UPDATE a SET autocommit = 1',
  'WITH a AS (SELECT 1) SELECT * FROM a',
  'EXPLAIN ANALYZE SELECT 1',
  'ANALYZE SELECT 1',
  'SHOW TABLES',
  'DESCRIBE a',
  "DO GET_LOCK('a', 1)",
  'CALL my_procedure(1)',
  'CREATE TEMPORARY TABLE a (b INT)',
  'DROP TEMPORARY TABLE a',
  "LOAD DATA INFILE 'a' INTO TABLE b",
  'SET @a = 1',
  "SET SESSION group_concat_max_len = 5, @b = 'autocommit'",
  'SET NAMES utf8mb4',
  'KILL QUERY 5',
  "'unclosed",
])('%j leaves the transaction alone', (sql) => {
  expect(transactionControl(sql)).toBeUndefined();
});
