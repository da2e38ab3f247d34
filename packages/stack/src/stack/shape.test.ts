import { describe, expect, test } from '@jest/globals';
import { SettingError, StackStateError } from '../errors.ts';
import { assertName, resolveShape } from './shape.ts';
import type { StackShape } from './state.ts';

const RUNNING: StackShape = { shards: 3, mysqlFlavour: 'mariadb', parts: ['mysql', 'kafka'] };

describe('the shape of a stack', () => {
  test('has two shards of MySQL 9, Kafka and MongoDB by default', () => {
    expect(resolveShape({}, 'default', null)).toEqual({
      shards: 2,
      mysqlFlavour: '9',
      parts: ['mysql', 'kafka', 'mongodb'],
    });
  });

  test('stays as it was where nothing is asked', () => {
    expect(resolveShape({}, 'default', RUNNING)).toEqual(RUNNING);
  });

  test('grows by parts, with what they need, and by shards', () => {
    expect(resolveShape({ parts: ['connect'], replicas: true, shards: 4 }, 'default', RUNNING)).toEqual({
      shards: 4,
      mysqlFlavour: 'mariadb',
      parts: ['mysql', 'kafka', 'connect', 'replicas'],
    });
    expect(resolveShape({ parts: ['connect'] }, 'x', null).parts).toEqual(['kafka', 'connect']);
  });

  test('does not turn into another one over the same data', () => {
    expect(() => resolveShape({ shards: 2 }, 'default', RUNNING)).toThrow(StackStateError);
    expect(() => resolveShape({ mysqlFlavour: '9' }, 'default', RUNNING)).toThrow(
      /3 shards of MySQL mariadb/,
    );
  });

  test('has one member of MongoDB, or as many as can elect one', () => {
    expect(resolveShape({ mongodbMembers: 1 }, 'x', null).mongodbMembers).toBeUndefined();
    const three = resolveShape({ mongodbMembers: 3 }, 'x', null);
    expect(three.mongodbMembers).toBe(3);
    expect(resolveShape({}, 'x', three)).toEqual(three);
    expect(() => resolveShape({ mongodbMembers: 1 }, 'x', three)).toThrow(/has a MongoDB of 3 members/);
    expect(() => resolveShape({ mongodbMembers: 3 }, 'x', RUNNING)).toThrow(StackStateError);
    for (const members of [0, 2, 4, 1.5, 7, Number.NaN])
      expect(() => resolveShape({ mongodbMembers: members }, 'x', null)).toThrow(SettingError);
  });

  test.each([0, -1, 1.5, Number.NaN, 65])('cannot have %s shards', (shards) => {
    expect(() => resolveShape({ shards }, 'default', null)).toThrow(SettingError);
  });
});

test.each(['', '../up', 'a/b', '-x', 'x'.repeat(42)])('"%s" cannot name a stack', (name) => {
  expect(() => assertName(name)).toThrow(SettingError);
});
