import type { Envelope } from '@ordershard/order-events';
import { compatibilityPartitioner, Producer, stringSerializers } from '@platformatic/kafka';
import { PublishError } from '../../errors.ts';
import { SEND_LIMIT_MS } from '../lease/timing.ts';
import type { Publisher } from '../publisher.ts';
import { reasonOf } from './reason.ts';

export interface KafkaPublisherOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
}

type TextProducer = Producer<string, string, string, string>;

/**
 * Publishes to a topic of Kafka with an idempotent producer, acks from all replicas. Keys go to the partitions that
 * Java's producers put them on: the client's own default takes the hash as an unsigned number where Java cuts its sign
 * off, and so differs unless the number of partitions is a power of two.
 *
 * A producer that has failed is thrown away with its connections, so that the next attempt does not follow requests
 * that may still be under way.
 */
export class KafkaPublisher implements Publisher {
  readonly #options: KafkaPublisherOptions;
  #producer: TextProducer | undefined;

  constructor(options: KafkaPublisherOptions) {
    this.#options = options;
  }

  async publish(messages: readonly Envelope[]): Promise<void> {
    const { topic } = this.#options;
    const producer = (this.#producer ??= this.#connect());
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${SEND_LIMIT_MS} ms`)), SEND_LIMIT_MS);
    });
    const sent = producer.send({
      messages: messages.map(({ key, value, headers }) => ({ topic, key, value, headers: { ...headers } })),
    });
    try {
      await Promise.race([sent, limit]);
    } catch (cause) {
      sent.catch(() => undefined);
      this.#producer = undefined;
      await discard(producer);
      throw new PublishError(`${topic}: ${reasonOf(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await discard(producer);
  }

  #connect(): TextProducer {
    const { brokers, clientId } = this.#options;
    return new Producer({
      clientId,
      bootstrapBrokers: [...brokers],
      serializers: stringSerializers,
      partitioner: compatibilityPartitioner,
      idempotent: true,
      acks: -1,
      // With 0 or 1 the client takes an idempotent producer's retries as endless.
      retries: 2,
      retryDelay: 100,
      connectTimeout: 1_000,
      requestTimeout: 2_000,
      timeout: 2_000,
    });
  }
}

/** Ends a producer. One whose broker is gone may fail to close, and there is nothing more to do about it then. */
async function discard(producer: TextProducer): Promise<void> {
  try {
    await producer.close(true);
  } catch {
    // Its sockets are closed or dead.
  }
}
