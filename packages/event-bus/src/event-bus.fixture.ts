import { randomUUID } from 'node:crypto';
import { Admin, Consumer, Producer, stringSerializers } from '@platformatic/kafka';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { z } from 'zod';
import { connectEventBus, type EventBus, type EventBusOptions } from './event-bus.ts';
import { defineRemoteEvent } from './events/remote-event.ts';

/** An event of the tests that tells of a state: the rules of a set, at a version. */
export const rulesChanged = defineRemoteEvent(
  'rules.changed',
  z.object({ set: z.string(), version: z.int() }),
  { stateKey: ({ set }) => set },
);

/** An event of the tests that tells of no state. */
export const ping = defineRemoteEvent('ping', z.object({ n: z.int() }));

const EVENTS = [rulesChanged, ping] as const;

/** An event that comes after all that was published before: the topic has one order. */
const barrier = defineRemoteEvent('barrier', z.object({ name: z.string() }));

/** An instance, and what it has acted on, in its order. */
export interface Instance {
  readonly bus: EventBus;
  readonly acted: unknown[];
  /** The names of the barriers that it has read. */
  readonly barriers: readonly string[];
}

/** A bus topic of its own on a broker. */
export class BusScene {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly #drop: () => Promise<void>;
  readonly #open: EventBus[] = [];

  constructor(brokers: readonly string[], topic: string, drop: () => Promise<void>) {
    this.brokers = brokers;
    this.topic = topic;
    this.#drop = drop;
  }

  /** On the broker of the test run. */
  static async create(label: string): Promise<BusScene> {
    const namespace: Namespace = await testNamespace(label);
    const brokers = namespace.env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
    return new BusScene(brokers, `${namespace.env['ORDERSHARD_TOPIC_PREFIX']}bus`, () => namespace.drop());
  }

  /** Joins as `server:id`, and notes what it acts on. */
  async instance(server: string, id: string, options: Partial<EventBusOptions> = {}): Promise<Instance> {
    const events = options.events ?? EVENTS;
    const bus = await connectEventBus({
      brokers: this.brokers,
      topic: this.topic,
      server,
      id,
      ...options,
      events: [...events, barrier],
    });
    this.#open.push(bus);
    const acted: unknown[] = [];
    const barriers: string[] = [];
    for (const event of events) {
      bus.on(event, (body) => {
        acted.push(body);
      });
    }
    bus.on(barrier, ({ name }) => {
      barriers.push(name);
    });
    return { bus, acted, barriers };
  }

  /** Waits until instances have handled all that is on the topic now. */
  async allRead(...instances: Instance[]): Promise<void> {
    const name = randomUUID();
    const writer = await this.instance('barrier', name);
    await writer.bus.publish(barrier, { name });
    await until('all was read', () => instances.every(({ barriers }) => barriers.includes(name)));
  }

  /** Writes messages as they are. */
  async write(...values: string[]): Promise<void> {
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [...this.brokers],
      serializers: stringSerializers,
    });
    try {
      await producer.send({ messages: values.map((value) => ({ topic: this.topic, partition: 0, value })) });
    } finally {
      await producer.close();
    }
  }

  /** Writes a message in a transaction that commits or aborts, as another program may. */
  async writeInTransaction(value: string, end: 'commit' | 'abort'): Promise<void> {
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [...this.brokers],
      serializers: stringSerializers,
      idempotent: true,
      transactionalId: randomUUID(),
      timeout: 60_000,
    });
    try {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic: this.topic, partition: 0, value }] });
      await (end === 'commit' ? transaction.commit() : transaction.abort());
    } finally {
      await producer.close();
    }
  }

  /** The values of the topic's messages from the beginning on, `count` of them. */
  async read(count: number): Promise<string[]> {
    const consumer = new Consumer({
      groupId: `${this.topic}-test`,
      clientId: 'test',
      bootstrapBrokers: [...this.brokers],
    });
    try {
      const stream = await consumer.consume({
        topics: [this.topic],
        mode: 'earliest',
        autocommit: false,
        maxWaitTime: 100,
      });
      const values: string[] = [];
      for await (const { value } of stream) {
        values.push(String(value));
        if (values.length === count) break;
      }
      return values;
    } finally {
      await consumer.close(true);
    }
  }

  async admin<T>(fn: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...this.brokers] });
    try {
      return await fn(admin);
    } finally {
      await admin.close();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#open.map((bus) => bus.close()));
    await this.#drop();
  }
}

/** Waits until a condition holds, looking every 20 ms. Fails after 100 s, and names the condition. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
