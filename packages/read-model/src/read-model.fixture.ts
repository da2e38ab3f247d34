import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Envelope, OrderSnapshot } from '@ordershard/order-events';
import { Admin, Consumer, Producer, stringSerializers } from '@platformatic/kafka';
import { testNamespace } from '@ordershard/stack';
import type { Collection, Db, MongoClient } from 'mongodb';
import { sampleEnvelope } from './order-samples.fixture.ts';
import type { OrderView } from './projections/order-view.ts';
import { DEAD_LETTER_TOPIC, GROUP, SNAPSHOT_TOPIC } from './projector/start-projector.ts';
import { openMongo, orderViews } from './views/order-views.ts';

/** The file that runs as the projector's process. */
export const PROJECTOR = fileURLToPath(new URL('bin.ts', import.meta.url));

export const PARTITIONS = 6;

type RawRecord = {
  key?: Buffer | undefined;
  value?: Buffer | undefined;
  headers?: Map<Buffer, Buffer>;
  partition: number;
  /** The projected topic by default. */
  topic?: string;
};

/** A topic and a database of its own, on the servers of the test run. */
export class ReadModelScene {
  readonly env: Readonly<Record<string, string>>;
  readonly db: Db;
  readonly views: Collection<OrderView>;
  readonly #mongo: MongoClient;
  readonly #producer: Producer<string, string, string, string>;
  readonly #raw: Producer<Buffer | undefined, Buffer | undefined>;
  readonly #dropNamespace: () => Promise<void>;

  private constructor(env: Record<string, string>, dropNamespace: () => Promise<void>) {
    this.env = env;
    this.#dropNamespace = dropNamespace;
    this.#mongo = openMongo(env['ORDERSHARD_MONGODB_URL']!, 'test');
    this.db = this.#mongo.db();
    this.views = orderViews(this.db);
    const options = { clientId: 'test', bootstrapBrokers: this.brokers, acks: -1 };
    this.#producer = new Producer({ ...options, serializers: stringSerializers });
    this.#raw = new Producer(options);
  }

  static async create(label: string): Promise<ReadModelScene> {
    const namespace = await testNamespace(label);
    const scene = new ReadModelScene(namespace.env, () => namespace.drop());
    await scene.makeTopic(scene.topic);
    return scene;
  }

  async makeTopic(topic: string): Promise<void> {
    await this.#admin((admin) =>
      admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 }),
    );
  }

  /** Deletes a topic, and waits until it is gone. */
  async deleteTopic(topic: string): Promise<void> {
    await this.#admin(async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      await until(`${topic} is gone`, async () => !(await admin.listTopics()).includes(topic));
    });
  }

  get brokers(): string[] {
    return this.env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  }

  get topic(): string {
    return `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${SNAPSHOT_TOPIC}`;
  }

  /** Publishes snapshots in their order, those of one order to one partition. */
  async publish(snapshots: readonly OrderSnapshot[]): Promise<void> {
    for (let from = 0; from < snapshots.length; from += 500) {
      const envelopes = snapshots.slice(from, from + 500).map(sampleEnvelope);
      await this.#producer.send({ messages: envelopes.map((envelope) => this.#message(envelope)) });
    }
  }

  /** Publishes a message as it is. */
  async publishRaw({ partition, ...record }: RawRecord): Promise<void> {
    await this.#raw.send({ messages: [{ topic: this.topic, partition, ...record, value: record.value }] });
  }

  /** Gives the projected topic more partitions. */
  async growTo(partitions: number): Promise<void> {
    await this.#admin((admin) =>
      admin.createPartitions({ topics: [{ name: this.topic, count: partitions, assignments: null }] }),
    );
  }

  /** Sets the offset that the projector's group goes on from. */
  async commit(partition: number, offset: bigint): Promise<void> {
    const groupId = `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${GROUP}`;
    await this.#admin((admin) =>
      admin.alterConsumerGroupOffsets({
        groupId,
        topics: [{ name: this.topic, partitionOffsets: [{ partition, offset }] }],
      }),
    );
  }

  /** Deletes what lies below an offset, as the topic's retention does. */
  async expire(partition: number, below: bigint): Promise<void> {
    await this.#admin((admin) =>
      admin.deleteRecords({
        topics: [{ name: this.topic, partitions: [{ partition, offset: below }] }],
      }),
    );
  }

  /** Returns what the projector's group has committed, by partition; -1 where it has committed nothing. */
  async committed(): Promise<number[]> {
    const [group] = await this.#admin((admin) =>
      admin.listConsumerGroupOffsets({ groups: [`${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${GROUP}`] }),
    );
    const offsets = Array.from({ length: PARTITIONS }, () => -1);
    for (const { partitionIndex, committedOffset } of group?.topics[0]?.partitions ?? []) {
      offsets[partitionIndex] = Number(committedOffset);
    }
    return offsets;
  }

  /** How many dead letters there are. */
  async deadLetterCount(): Promise<number> {
    const ends = await this.ends(`${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${DEAD_LETTER_TOPIC}`);
    return ends.reduce((sum, end) => sum + end, 0);
  }

  /** The offset that the next message of each partition gets. */
  async ends(topic = this.topic): Promise<number[]> {
    const consumer = new Consumer({
      groupId: `${topic}-ends`,
      clientId: 'test',
      bootstrapBrokers: this.brokers,
    });
    try {
      return (await consumer.listOffsets({ topics: [topic] })).get(topic)!.map(Number);
    } finally {
      await consumer.close(true);
    }
  }

  /** Reads `count` dead letters. */
  async deadLetters(
    count: number,
  ): Promise<{ value: Buffer | undefined; headers: Record<string, string> }[]> {
    const topic = `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${DEAD_LETTER_TOPIC}`;
    const consumer = new Consumer({
      groupId: `${topic}-test`,
      clientId: 'test',
      bootstrapBrokers: this.brokers,
    });
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'earliest',
      autocommit: false,
      maxWaitTime: 100,
    });
    const letters: { value: Buffer | undefined; headers: Record<string, string> }[] = [];
    for await (const { value, headerEntries } of stream) {
      letters.push({
        value,
        headers: Object.fromEntries(headerEntries.map(([name, text]) => [String(name), String(text)])),
      });
      if (letters.length === count) break;
    }
    await consumer.close(true);
    return letters;
  }

  async end(): Promise<void> {
    await this.#producer.close();
    await this.#raw.close();
    await this.#mongo.close();
    await this.#dropNamespace();
  }

  #message({ key, value, headers }: Envelope) {
    return { topic: this.topic, key, value, headers: { ...headers } };
  }

  async #admin<T>(fn: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: this.brokers });
    try {
      return await fn(admin);
    } finally {
      await admin.close();
    }
  }
}

/** What a projector says of itself at its health endpoint. */
export async function healthOf(port: number): Promise<{ ok: boolean; body: Record<string, unknown> }> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { ok: response.ok, body: (await response.json()) as Record<string, unknown> };
}

/**
 * Waits until a projector says that all is well, and returns what it says of itself. It may report a server that answers late
 * for a moment.
 */
export async function whenWell(port: number): Promise<Record<string, unknown>> {
  let body: Record<string, unknown> = {};
  await until(
    () => `the projector is well: ${JSON.stringify(body['problems'])}`,
    async () => {
      ({ body } = await healthOf(port));
      return body['status'] === 'ok';
    },
  );
  return body;
}

/** Waits until a condition holds, looking every 50 ms; fails in the end with what was waited for. */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain until ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs a command of the read model to its end. */
export async function runReadModel(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=source', '--no-warnings', PROJECTOR, ...args],
      { env: { ...process.env, NODE_OPTIONS: '', ...env } },
      (_error, stdout, stderr) => resolve({ exitCode: child.exitCode, stdout, stderr }),
    );
  });
}
