import { setTimeout as sleep } from 'node:timers/promises';
import { answeringBrokersFirst } from '@ordershard/process';
import { Admin, findErrorBy } from '@platformatic/kafka';
import { TopicUnavailableError } from '../errors.ts';
import { reasonOf } from '../relay/kafka/reason.ts';
import { planTopic, type TopicSpec } from './plan.ts';

export interface BrokerAccess {
  readonly brokers: readonly string[];
  readonly clientId: string;
}

/** How often to look for a topic that was just created, at intervals of 0.1 s. */
const LOOKS = 100;

/**
 * Makes sure that a keyed topic exists as specified and can be written. Safe to run from several places at once.
 *
 * @throws TopicPartitionsError when it exists with another number of partitions
 * @throws TopicUnavailableError when the brokers do not answer or refuse
 */
export async function applyTopic(
  { brokers, clientId }: BrokerAccess,
  spec: TopicSpec,
): Promise<'created' | 'kept'> {
  const admin = new Admin({
    clientId,
    bootstrapBrokers: await answeringBrokersFirst(brokers),
    retries: 1,
    retryDelay: 200,
    connectTimeout: 1_500,
  });
  try {
    const plan = planTopic(spec, await partitionsOf(admin, spec.name));
    if (plan.action === 'keep') return 'kept';
    await createTopic(admin, spec, plan.configs);
    for (let look = 0; look < LOOKS; look += 1) {
      const partitions = await partitionsOf(admin, spec.name);
      if (partitions !== undefined) {
        planTopic(spec, partitions);
        return 'created';
      }
      await sleep(100);
    }
    throw new TopicUnavailableError(`topic ${spec.name} was made and does not appear`);
  } finally {
    await admin.close().catch(() => undefined);
  }
}

/** The number of a topic's partitions, once each has a leader. */
async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    if (!(await admin.listTopics()).includes(topic)) return undefined;
    const partitions = (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(
      topic,
    )?.partitions;
    return partitions?.every(({ leader }) => leader >= 0) ? partitions.length : undefined;
  } catch (cause) {
    throw new TopicUnavailableError(`topic ${topic}: ${reasonOf(cause)}`, { cause });
  }
}

/** Makes a topic unless it is there. Throws TopicUnavailableError. */
export async function createTopic(
  admin: Admin,
  { name, partitions, replication }: TopicSpec,
  configs: readonly { readonly name: string; readonly value: string }[],
): Promise<void> {
  try {
    await admin.createTopics({ topics: [name], partitions, replicas: replication, configs: [...configs] });
  } catch (cause) {
    if (findErrorBy(cause as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) return;
    throw new TopicUnavailableError(`topic ${name} could not be made: ${reasonOf(cause)}`, { cause });
  }
}
