import { answeringBrokersFirst, within } from '@ordershard/process';
import type { Producer } from '@platformatic/kafka';
import { EventNotSentError } from '../errors.ts';
import { reasonOf } from './reason.ts';
import type { BrokerAccess } from './topic.ts';

type TextProducer = Producer<string, string, string, string>;

export interface SenderOptions extends BrokerAccess {
  readonly topic: string;
  /** How long a send may take, milliseconds. */
  readonly limitMs: number;
}

/**
 * Sends to the bus's topic with an idempotent producer, acks from all replicas. A producer that has failed is thrown
 * away with its connections, so that the next attempt does not follow requests that may still be under way.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #discarding = new Set<Promise<void>>();
  #producer: Promise<TextProducer> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** @throws EventNotSentError when Kafka has not taken the event within the limit; it may be in the topic all the same */
  async send(key: string, value: string): Promise<void> {
    const { topic, limitMs } = this.#options;
    const producer = (this.#producer ??= this.#connect());
    const sent = producer.then((ready) => ready.send({ messages: [{ topic, partition: 0, key, value }] }));
    sent.catch(() => undefined); // Looked at below, but for one that comes after the limit.
    try {
      await within(limitMs, 'sending', () => sent);
    } catch (cause) {
      if (this.#producer === producer) this.#producer = undefined;
      this.#discard(producer);
      throw new EventNotSentError(`${topic}: ${reasonOf(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    if (this.#producer !== undefined) this.#discard(this.#producer);
    this.#producer = undefined;
    await Promise.all(this.#discarding);
  }

  async #connect(): Promise<TextProducer> {
    const { brokers, clientId, limitMs } = this.#options;
    const { Producer, stringSerializers } = await import('@platformatic/kafka');
    return new Producer({
      clientId,
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      serializers: stringSerializers,
      idempotent: true,
      acks: -1,
      // With 0 or 1 the client takes an idempotent producer's retries as endless.
      retries: 2,
      retryDelay: 100,
      connectTimeout: 1_000,
      requestTimeout: limitMs,
      timeout: limitMs,
    });
  }

  /** Closes a producer in the background. When its broker is gone, that may take long or fail, and nothing depends on it. */
  #discard(producer: Promise<TextProducer>): void {
    const ending = within(2_000, 'closing', async () => (await producer).close(true)).catch(() => undefined);
    this.#discarding.add(ending);
    void ending.then(() => this.#discarding.delete(ending));
  }
}
