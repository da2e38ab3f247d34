import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { TopicsRefusedError } from '../errors.ts';
import { applyTopics, planTopicsOf } from './apply-topics.ts';
import { declaredTopics } from './declared.ts';

let namespace: Namespace;
let prefix: string;
let access: { brokers: string[]; clientId: string };

beforeAll(async () => {
  namespace = await testNamespace('topics');
  prefix = namespace.env['ORDERSHARD_TOPIC_PREFIX'] ?? '';
  access = { brokers: namespace.env['ORDERSHARD_KAFKA_BROKERS']!.split(','), clientId: 'test' };
});

afterAll(async () => namespace.drop());

const actions = async (...args: Parameters<typeof planTopicsOf>) =>
  (await planTopicsOf(...args)).map(({ action }) => action);

test('topics are made, kept, mended where they have drifted, grown where they may, and nothing is done when one is refused', async () => {
  const declared = declaredTopics({ topicPrefix: prefix, partitions: 4, replication: 1 });
  expect(await actions(access, declared)).toEqual(declared.map(() => 'create'));
  await applyTopics(access, declared);
  expect(await actions(access, declared)).toEqual(declared.map(() => 'keep'));

  const changed = declared.map((topic) =>
    topic.name.endsWith('.dlq')
      ? { ...topic, partitions: 2, configs: { ...topic.configs, 'retention.ms': '1000000' } }
      : topic,
  );
  const dlq = (await applyTopics(access, changed)).find(({ topic }) => topic.endsWith('.dlq'));
  expect(dlq).toMatchObject({
    action: 'alter',
    partitions: { from: 1, to: 2 },
    configs: { 'retention.ms': { from: '2592000000', to: '1000000' } },
  });
  expect(await actions(access, changed)).toEqual(declared.map(() => 'keep'));

  const refused = changed.map((topic) => ({
    ...topic,
    partitions: topic.partitions + 1,
    configs: { ...topic.configs, 'retention.ms': '7000000' },
  }));
  await expect(applyTopics(access, refused)).rejects.toThrow(TopicsRefusedError);
  expect(await actions(access, changed)).toEqual(declared.map(() => 'keep'));
});
