import { setTimeout as sleep } from 'node:timers/promises';
import { answeringBrokersFirst } from '@ordershard/process';
import { Admin } from '@platformatic/kafka';
import { TopicsRefusedError, TopicUnavailableError } from '../errors.ts';
import { reasonOf } from '../relay/kafka/reason.ts';
import { type BrokerAccess, createTopic } from './apply.ts';
import type { DeclaredTopic } from './declared.ts';
import { type ExistingTopic, planTopics, type TopicStep } from './plan-topics.ts';

/** How often to look for topics that were just created, and how long to wait between two looks. */
const LOOKS = 100;
const LOOK_EVERY_MS = 100;

/** Kafka's numbers for a topic among resources, and for setting a value. */
const TOPIC = 2;
const SET = 0 as const;

/**
 * Compares topics with their declarations.
 *
 * @throws TopicUnavailableError when the brokers do not answer or refuse
 */
export async function planTopicsOf(
  access: BrokerAccess,
  declared: readonly DeclaredTopic[],
): Promise<TopicStep[]> {
  return withAdmin(access, async (admin) => planTopics(declared, await existingTopics(admin, declared)));
}

/**
 * Creates or changes topics as declared, and returns what was done. Changes nothing when it refuses any topic.
 *
 * @throws TopicsRefusedError when any of them cannot be made so
 * @throws TopicUnavailableError when the brokers do not answer or refuse
 */
export async function applyTopics(
  access: BrokerAccess,
  declared: readonly DeclaredTopic[],
): Promise<TopicStep[]> {
  return withAdmin(access, async (admin) => {
    const steps = planTopics(declared, await existingTopics(admin, declared));
    const refused = steps.filter(({ action }) => action === 'refuse');
    if (refused.length > 0)
      throw new TopicsRefusedError(
        `nothing was changed: ${refused.map(({ topic, notes }) => `${topic} ${notes[0]}`).join('; ')}`,
      );
    for (const step of steps) await carryOut(admin, step);
    await allThere(admin, declared);
    return steps;
  });
}

async function carryOut(admin: Admin, { topic, action, declared, partitions, configs }: TopicStep) {
  if (action === 'keep') return;
  if (action === 'create') {
    const settings = Object.entries(declared.configs).map(([name, value]) => ({ name, value }));
    await createTopic(admin, declared, settings);
    return;
  }
  if (partitions !== undefined)
    await admin.createPartitions({ topics: [{ name: topic, count: partitions.to, assignments: null }] });
  const changes = Object.entries(configs).map(([name, { to }]) => ({
    name,
    configOperation: SET,
    value: to,
  }));
  if (changes.length > 0)
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: TOPIC, resourceName: topic, configs: changes }],
    });
}

/** Waits until the broker lists every topic: it answers a creation a little before it does. */
async function allThere(admin: Admin, declared: readonly DeclaredTopic[]): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const all = new Set(await admin.listTopics({ includeInternals: false }));
    if (declared.every(({ name }) => all.has(name))) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new TopicUnavailableError('topics were made and do not appear');
}

async function existingTopics(admin: Admin, declared: readonly DeclaredTopic[]): Promise<ExistingTopic[]> {
  const all = new Set(await admin.listTopics({ includeInternals: false }));
  const names = declared.map(({ name }) => name).filter((name) => all.has(name));
  if (names.length === 0) return [];
  const { topics } = await admin.metadata({ topics: names, forceUpdate: true });
  const described = await admin.describeConfigs({
    resources: names.map((resourceName) => ({ resourceType: TOPIC, resourceName, configurationKeys: null })),
  });
  return names.map((name) => {
    const partitions = topics.get(name)?.partitions ?? [];
    const configs = described.find(({ resourceName }) => resourceName === name)?.configs ?? [];
    return {
      name,
      partitions: partitions.length,
      replication: partitions[0]?.replicas.length ?? 0,
      configs: Object.fromEntries(configs.map((config) => [config.name, config.value ?? ''])),
    };
  });
}

async function withAdmin<T>(
  { brokers, clientId }: BrokerAccess,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId,
    bootstrapBrokers: await answeringBrokersFirst(brokers),
    retries: 1,
    retryDelay: 200,
    connectTimeout: 1_500,
  });
  try {
    return await use(admin);
  } catch (cause) {
    if (cause instanceof TopicsRefusedError || cause instanceof TopicUnavailableError) throw cause;
    throw new TopicUnavailableError(`the topics: ${reasonOf(cause)}`, { cause });
  } finally {
    await admin.close().catch(() => undefined);
  }
}
