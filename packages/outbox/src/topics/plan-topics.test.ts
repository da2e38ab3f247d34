import { describe, expect, test } from '@jest/globals';
import { declaredTopics } from './declared.ts';
import { type ExistingTopic, planTopics } from './plan-topics.ts';

const declared = declaredTopics({ topicPrefix: 'p.', partitions: 6, replication: 3 });
const asDeclared: ExistingTopic[] = declared.map(({ name, partitions, replication, configs }) => ({
  name,
  partitions,
  replication,
  configs: { ...configs, 'segment.bytes': '1' },
}));
const plan = (change: (topic: ExistingTopic) => Partial<ExistingTopic>) =>
  planTopics(
    declared,
    asDeclared.map((topic) => ({ ...topic, ...change(topic) })),
  ).map(({ topic, action, partitions, configs, notes }) => ({ topic, action, partitions, configs, notes }));
const only = (name: string, change: Partial<ExistingTopic>) =>
  plan((topic) => (topic.name === name ? change : {})).find(({ topic }) => topic === name);

describe('planTopics', () => {
  test('all of the product`s topics are there, with the prefix', () => {
    expect(declared.map(({ name }) => name)).toEqual([
      'p.orders.snapshots',
      'p.orders.events',
      'p.orders.snapshots.retry.1',
      'p.orders.snapshots.retry.2',
      'p.orders.snapshots.retry.3',
      'p.orders.snapshots.dlq',
      'p.bus',
    ]);
  });

  test('what is missing is made, what is as it should be is kept', () => {
    expect(planTopics(declared, []).map(({ action }) => action)).toEqual(declared.map(() => 'create'));
    expect(plan(() => ({})).map(({ action }) => action)).toEqual(declared.map(() => 'keep'));
  });

  test('a setting that has drifted is shown with both values', () => {
    expect(
      only('p.orders.snapshots', { configs: { 'cleanup.policy': 'compact', 'retention.ms': '604800000' } }),
    ).toMatchObject({
      action: 'alter',
      configs: {
        'cleanup.policy': { from: 'compact', to: 'delete' },
        'min.insync.replicas': { from: undefined, to: '2' },
      },
    });
  });

  test.each([
    ['p.orders.snapshots', 4],
    ['p.orders.snapshots', 12],
    ['p.orders.events', 7],
    ['p.bus', 2],
  ])('%s of %d partitions is refused', (name, partitions) => {
    expect(only(name, { partitions })).toMatchObject({ action: 'refuse', configs: {} });
  });

  test('without keys it may grow, and not shrink', () => {
    const larger = declared.map((topic) => (topic.keyed ? topic : { ...topic, partitions: 3 }));
    const dlq = planTopics(larger, asDeclared).find(({ topic }) => topic.endsWith('.dlq'));
    expect(dlq).toMatchObject({ action: 'alter', partitions: { from: 1, to: 3 } });
    expect(only('p.orders.snapshots.retry.1', { partitions: 1 })).toMatchObject({ action: 'alter' });
    expect(only('p.orders.snapshots.dlq', { partitions: 2 })).toMatchObject({ action: 'refuse' });
  });

  test('another number of replicas is told, and nothing is done about it', () => {
    expect(only('p.bus', { replication: 1 })).toMatchObject({
      action: 'keep',
      notes: [expect.stringContaining('has 1 replicas where 3 are set')],
    });
  });
});
