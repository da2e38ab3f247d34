import { setTimeout as sleep } from 'node:timers/promises';
import { answeringBrokersFirst } from '@ordershard/process';
import type { Admin } from '@platformatic/kafka';
import { BusTopicError, BusUnavailableError } from '../errors.ts';
import { reasonOf } from './reason.ts';

export interface BrokerAccess {
  readonly brokers: readonly string[];
  readonly clientId: string;
}

/** How long events stay on the topic, milliseconds: a day. An instance that joins reads back 1,000 of them by default. */
const RETENTION_MS = 86_400_000;

/** How often to look for a topic that was just made, at intervals of 0.1 s. */
const LOOKS = 100;

/**
 * Makes sure that the bus's topic exists with one partition, so that all instances see all events in one order. Several
 * processes may run this at once. Changes nothing of a topic that exists.
 *
 * @throws BusTopicError when it exists with more partitions
 * @throws BusUnavailableError when the brokers do not answer or refuse
 */
export async function ensureBusTopic(
  { brokers, clientId }: BrokerAccess,
  topic: string,
  replication: number,
): Promise<void> {
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({
    clientId,
    bootstrapBrokers: await answeringBrokersFirst(brokers),
    retries: 1,
    retryDelay: 200,
    connectTimeout: 1_500,
  });
  try {
    if (await isThere(admin, topic)) return;
    await create(admin, topic, replication);
    for (let look = 0; look < LOOKS; look += 1) {
      if (await isThere(admin, topic)) return;
      await sleep(100);
    }
    throw new BusUnavailableError(`topic ${topic} was made and does not appear`);
  } finally {
    await admin.close().catch(() => undefined);
  }
}

/** Whether the topic is there and has a leader. */
async function isThere(admin: Admin, topic: string): Promise<boolean> {
  let leaders: readonly number[] | undefined;
  try {
    if (!(await admin.listTopics()).includes(topic)) return false;
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
    leaders = topics.get(topic)?.partitions.map(({ leader }) => leader);
  } catch (cause) {
    throw new BusUnavailableError(`topic ${topic}: ${reasonOf(cause)}`, { cause });
  }
  if (leaders !== undefined && leaders.length > 1)
    throw new BusTopicError(`topic ${topic} has ${leaders.length} partitions; a bus has one`);
  return leaders?.every((leader) => leader >= 0) ?? false;
}

async function create(admin: Admin, topic: string, replication: number): Promise<void> {
  const configs = [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: String(RETENTION_MS) },
    // One replica may be missing: with all of them demanded, the loss of one would stop every write.
    { name: 'min.insync.replicas', value: String(Math.max(1, replication - 1)) },
  ];
  try {
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: replication, configs });
  } catch (cause) {
    const { findErrorBy } = await import('@platformatic/kafka');
    if (findErrorBy(cause as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) return;
    throw new BusUnavailableError(`topic ${topic} could not be made: ${reasonOf(cause)}`, { cause });
  }
}
