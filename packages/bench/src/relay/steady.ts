import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Admin, Consumer, stringDeserializers } from '@platformatic/kafka';
import { ORDERS_TOPIC } from '@ordershard/outbox';
import { startProcess } from '@ordershard/stack';
import { calm } from './calm.ts';
import { PARTITIONS, type RelayContender } from './contender.ts';
import type { RelayScene } from './scene.ts';

const WRITER = fileURLToPath(new URL('steady-process.ts', import.meta.url));

/** Events of the first seconds, which do not count: connections open, code gets warm. */
const WARM_UP_S = 2;

/** How long the last events may take to arrive. */
const PATIENCE_MS = 60_000;

/** Time from the sending of an event's transaction to its place in Kafka's log, milliseconds. */
export interface SteadyLatency {
  readonly p50: number;
  readonly p99: number;
}

export interface SteadyOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** Whether the relay runs in the process that writes, which then wakes it. Only with no contender. */
  readonly embedded?: boolean;
}

/**
 * Writes events at an even pace, each in a transaction of its own, while a contender relays them. Kafka's time of a
 * record is that of its append, by the clock that the sending is noted by, in whole milliseconds.
 */
export async function steady(
  scene: RelayScene,
  contender: RelayContender | undefined,
  { perSecond, seconds, embedded = false }: SteadyOptions,
): Promise<SteadyLatency> {
  await scene.putRows([], 0);
  await scene.reset();
  await calm(scene.serverPids);
  const prefix = `steady-${randomBytes(4).toString('hex')}.`;
  const topic = `${prefix}${ORDERS_TOPIC.topic}`;
  await makeTopic(scene.brokers, topic);
  const relay = await contender?.start({ scene, prefix, places: scene.places });
  const committed = new Map<string, number>();
  try {
    const writer = await startProcess({
      file: WRITER,
      env: {
        ...scene.env,
        ORDERSHARD_TOPIC_PREFIX: prefix,
        ORDERSHARD_TOPIC_PARTITIONS: String(PARTITIONS),
        STEADY_PER_SECOND: String(perSecond),
        STEADY_SECONDS: String(seconds + WARM_UP_S),
        STEADY_EMBEDDED: String(embedded),
      },
    });
    try {
      const done = await writer.logged(({ msg }) => msg === 'written');
      for (const [id, at] of done['commits'] as [string, number][]) committed.set(id, at);
      return await latencies(scene.brokers, topic, committed);
    } finally {
      await writer.stop();
    }
  } finally {
    await relay?.stop();
  }
}

async function makeTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...brokers] });
  await admin.createTopics({
    topics: [topic],
    partitions: PARTITIONS,
    replicas: 1,
    configs: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
  });
  await sleep(500); // Until the leaders are known everywhere; nothing is measured yet.
  await admin.close();
}

/** Reads the topic from the start until each event is there, and compares the times. */
async function latencies(
  brokers: readonly string[],
  topic: string,
  committed: ReadonlyMap<string, number>,
): Promise<SteadyLatency> {
  const consumer = new Consumer({
    groupId: `${topic}-bench`,
    clientId: 'bench',
    bootstrapBrokers: [...brokers],
    deserializers: stringDeserializers,
    maxWaitTime: 200,
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  const arrived = new Map<string, number>();
  const late = setTimeout(() => {
    stream.destroy(new Error(`${committed.size - arrived.size} events did not come`));
  }, PATIENCE_MS);
  try {
    for await (const message of stream) {
      const id = message.headers.get('ce_id')!;
      if (committed.has(id) && !arrived.has(id)) arrived.set(id, Number(message.timestamp));
      if (arrived.size === committed.size) break;
    }
  } finally {
    clearTimeout(late);
    await consumer.close(true);
  }
  const begun = Math.min(...committed.values()) + WARM_UP_S * 1_000;
  const counted = [...committed].filter(([, at]) => at >= begun);
  const sorted = counted.map(([id, at]) => arrived.get(id)! - at).toSorted((a, b) => a - b);
  const at = (share: number) => Math.max(0, sorted[Math.ceil(sorted.length * share) - 1]!);
  return { p50: at(0.5), p99: at(0.99) };
}
