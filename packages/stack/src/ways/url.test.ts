import { expect, test } from '@jest/globals';
import { withoutReplicaSet } from '../parts/mongodb/check.ts';
import { withoutPassword } from './url.ts';

test('a password is not shown', () => {
  expect(withoutPassword('mysql://ordershard:secret@h:1/db')).toBe('mysql://ordershard:***@h:1/db');
  expect(withoutPassword('redis://:secret@h:1')).toBe('redis://:***@h:1');
  expect(withoutPassword('127.0.0.1:9092')).toBe('127.0.0.1:9092');
});

test('a direct MongoDB connection does not insist on the replica set', () => {
  expect(withoutReplicaSet('mongodb://h:1/d?replicaSet=rs0')).toBe('mongodb://h:1/d');
  expect(withoutReplicaSet('mongodb://h:1/d?a=b&replicaSet=rs0')).toBe('mongodb://h:1/d?a=b');
});
