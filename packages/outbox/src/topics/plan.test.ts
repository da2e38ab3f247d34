import { expect, test } from '@jest/globals';
import { TopicPartitionsError } from '../errors.ts';
import { planTopic } from './plan.ts';

const spec = { name: 'orders.snapshots', partitions: 6, replication: 3 };

test('a topic that is missing is made, one that is there is kept', () => {
  expect(planTopic(spec, undefined).action).toBe('create');
  expect(planTopic(spec, 6).action).toBe('keep');
});

test.each([1, 5, 12])('a keyed topic of %d partitions is refused', (partitions) => {
  expect(() => planTopic(spec, partitions)).toThrow(TopicPartitionsError);
});

test.each([
  [1, '1'],
  [2, '1'],
  [3, '2'],
])('of %d replicas, %s must have a write', (replication, value) => {
  expect(planTopic({ ...spec, replication }, undefined).configs).toEqual([
    { name: 'min.insync.replicas', value },
  ]);
});
