import { expect, test } from '@jest/globals';
import { anonymousGroup, isAnonymousGroup } from './anonymous-groups.ts';

test('groups of instances are left out, those of services are not', () => {
  const groups = ['read-model', anonymousGroup(), 'anonymous', 'not-anonymous.x', anonymousGroup('run-1')];
  expect(groups.filter((group) => !isAnonymousGroup(group))).toEqual([
    'read-model',
    'anonymous',
    'not-anonymous.x',
  ]);
});

test('no two instances have one group', () => {
  expect(anonymousGroup()).not.toBe(anonymousGroup());
});
