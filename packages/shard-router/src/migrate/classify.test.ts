import { expect, test } from '@jest/globals';
import { kindOf, subjectOf } from './classify.ts';

test.each([
  ['INSERT INTO t', 'rows'],
  ['update t', 'rows'],
  ['CALL p', 'rows'],
  ['CREATE TABLE t', 'schema'],
  ['CREATE TEMPORARY TABLE t', 'session'],
  ['SET NAMES', 'session'],
  ['BEGIN NOT ATOMIC', 'schema'],
  ['BEGIN', 'refused'],
  ['start TRANSACTION', 'refused'],
  ['LOCK TABLES', 'refused'],
  ['USE db', 'refused'],
  ['RENAME TABLE a', 'schema'],
])('%j is of kind %s', (words, kind) => {
  expect(kindOf(words.split(' '))).toBe(kind);
});

test.each([
  ['CREATE TABLE IF NOT EXISTS Orders number', { kind: 'TABLE', name: 'Orders' }],
  ['alter table t ADD INDEX i', { kind: 'TABLE', name: 't' }],
  ['CREATE UNIQUE INDEX i ON t', { kind: 'TABLE', name: 't' }],
  ['DROP TRIGGER IF EXISTS t', { kind: 'TRIGGER', name: 't' }],
  ['CREATE OR REPLACE DEFINER a b PROCEDURE p', { kind: 'PROCEDURE', name: 'p' }],
  ['CREATE TABLE db.t', undefined],
  ['RENAME TABLE a TO b', undefined],
  ['CREATE USER a', undefined],
])('the subject of %j', (words, subject) => {
  expect(subjectOf(words.split(' '))).toEqual(subject);
});
