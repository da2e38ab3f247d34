import { randomUUID } from 'node:crypto';
import { Producer } from '@platformatic/kafka';
import type { Db } from 'mongodb';
import type { ReadModelScene } from '../../rebuild/scene.ts';
import { messagesOf } from '../relay/check/topic.ts';

const NOTE = 'poison';

/** What can never be read by anyone. */
interface Garbage {
  readonly id: string;
  readonly kind: 'bytes' | 'no key' | 'float';
}

const REASONS = {
  bytes: /^ORDER_EVENTS_ENVELOPE/,
  'no key': /^ORDER_EVENTS_ENVELOPE/,
  float: /^ORDER_EVENTS_ENVELOPE/,
};

/**
 * Messages that cannot be projected: orders whose views MongoDB refuses until the poison is disarmed, and messages that are
 * no events at all. Each must be among the dead letters, with its reason.
 */
export class Poison {
  /** Numbers of orders that are refused. */
  readonly numbers = new Set<string>();
  readonly #garbage: Garbage[] = [];
  readonly #model: ReadModelScene;

  constructor(model: ReadModelScene) {
    this.#model = model;
  }

  /** Has MongoDB refuse such orders. */
  static async arm(db: Db): Promise<void> {
    await db.createCollection('order_views', { validator: { note: { $ne: NOTE } } });
  }

  static async disarm(db: Db): Promise<void> {
    await db.command({ collMod: 'order_views', validator: {} });
  }

  get orders(): number {
    return this.numbers.size;
  }

  /** Places an order that is refused. */
  async place(): Promise<string> {
    const [number] = await this.#model.place(1, NOTE);
    this.numbers.add(String(number));
    return String(number);
  }

  /** Publishes a message that is no event. */
  async publish(brokers: string, topic: string, kind: Garbage['kind']): Promise<string> {
    const id = randomUUID();
    const producer = new Producer<Buffer | undefined>({
      clientId: 'faults',
      bootstrapBrokers: brokers.split(','),
      acks: -1,
      retries: 10,
      retryDelay: 500,
    });
    try {
      const value =
        kind === 'float' ? Buffer.from(`{"number":"1","total":1.5,"id":"${id}"}`) : Buffer.from(`{${id}`);
      await producer.send({
        messages: [
          {
            topic,
            key: kind === 'no key' ? undefined : Buffer.from(`poison-${id}`),
            value,
            headers: new Map([[Buffer.from('poison-id'), Buffer.from(id)]]),
          },
        ],
      });
    } finally {
      await producer.close(true);
    }
    this.#garbage.push({ id, kind });
    return id;
  }

  /** Names of the poison messages that are not dead letters with their reason and their origin. */
  async missing(brokers: string, topic: string): Promise<string[]> {
    const refused = new Set<string>();
    const reasons = new Map<string, string>();
    for await (const { key, headers } of messagesOf(brokers, `${topic}.dlq`)) {
      const reason = headers['dlq-reason'] ?? '';
      if (headers['dlq-topic'] !== topic || headers['dlq-stack'] === undefined) continue;
      if (reason.startsWith('READ_MODEL_VIEW_REFUSED') && Number(headers['dlq-attempts']) > 1)
        refused.add(key);
      if (headers['poison-id'] !== undefined) reasons.set(headers['poison-id'], reason);
    }
    return [
      ...[...this.numbers].filter((number) => !refused.has(number)),
      ...this.#garbage
        .filter(({ id, kind }) => !REASONS[kind].test(reasons.get(id) ?? ''))
        .map(({ id }) => id),
    ];
  }
}
