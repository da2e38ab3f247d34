import type { Message } from '../message.ts';
import { murmur2 } from '@platformatic/kafka';
import { PublishError } from '../../errors.ts';
import { SEND_LIMIT_MS } from '../lease/timing.ts';
import type { Publisher, Withheld } from '../publisher.ts';
import { BatchProducer, type ProducerOptions } from './batch-producer.ts';
import { PartitionQueue } from './partition-queue.ts';
import { reasonOf } from './reason.ts';

export interface KafkaPublisherOptions extends ProducerOptions {
  readonly topic: string;
  /** How long a send may take, milliseconds; {@link SEND_LIMIT_MS} by default. */
  readonly limitMs?: number;
}

/**
 * Publishes to a topic of Kafka with an idempotent producer. Keys go to the partitions that Java's producers put them
 * on.
 *
 * A producer that has failed is thrown away with its connections, so that the next attempt does not follow requests
 * that may still be under way.
 */
export class KafkaPublisher implements Publisher {
  readonly #options: KafkaPublisherOptions;
  #producer: BatchProducer | undefined;
  #queues: readonly PartitionQueue[] | undefined;

  constructor(options: KafkaPublisherOptions) {
    this.#options = options;
  }

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
    const { topic, limitMs = SEND_LIMIT_MS } = this.#options;
    const producer = (this.#producer ??= new BatchProducer(this.#options, [topic]));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
    });
    const sent = this.#send(producer, messages);
    try {
      return await Promise.race([sent, limit]);
    } catch (cause) {
      sent.catch(() => undefined);
      this.#producer = undefined;
      this.#queues = undefined;
      await producer.close();
      throw cause instanceof PublishError
        ? cause
        : new PublishError(`${topic}: ${reasonOf(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }

  async #send(producer: BatchProducer, messages: readonly Message[]): Promise<Withheld[]> {
    const { topic } = this.#options;
    const partitions = await producer.partitionsOf(topic);
    if (this.#queues?.length !== partitions)
      this.#queues = Array.from({ length: partitions }, () => new PartitionQueue());
    const queues = this.#queues;
    for (const queue of queues) queue.begin(messages);
    for (let index = 0; index < messages.length; index += 1)
      queues[partitionOf(messages[index]!.key, partitions)]!.add(index);
    const withheld: Withheld[] = [];
    for (;;) {
      const batches = queues.flatMap((queue, partition) => {
        const batch = queue.next();
        return batch === undefined ? [] : { topic, partition, batch };
      });
      if (batches.length === 0) return withheld.toSorted((a, b) => a.index - b.index);
      const refused = await producer.send(batches);
      for (const { partition } of batches) {
        const answer = refused.find((one) => one.partition === partition);
        withheld.push(...queues[partition]!.answered(answer));
      }
    }
  }
}

/** As Java's producers choose: the hash without its sign, modulo the number of partitions. */
function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}
