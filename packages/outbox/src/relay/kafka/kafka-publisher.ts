import { answeringBrokersFirst } from '@ordershard/process';
import type { Message } from '../message.ts';
import { PublishError } from '../../errors.ts';
import { SEND_LIMIT_MS } from '../lease/timing.ts';
import type { Partitions, Publisher, Unfinished, Withheld } from '../publisher.ts';
import { BatchLimit } from './batch-limit.ts';
import { BatchProducer, type ProducerOptions } from './batch-producer.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { reasonOf } from './reason.ts';
import { within } from './within.ts';
import { partitionOf, queuesFor, Send, type SendProgress } from './send.ts';

export interface KafkaPublisherOptions extends ProducerOptions {
  readonly topic: string;
  /** How long a send may take, milliseconds; {@link SEND_LIMIT_MS} by default. */
  readonly limitMs?: number;
}

/** When to give up connecting. Each request has its own time-out, and so has the second try of each. */
const PREPARE_LIMIT_MS = 6_000;

/**
 * Publishes to a topic of Kafka with an idempotent producer. Keys go to the same partitions as with Java's producers.
 *
 * The publisher throws a failed producer away with its connections, so that the next attempt does not queue behind requests
 * that may still be in progress. Three things outlive the producer: the brokers of the cluster, of which the next producer
 * starts with the one that answers first; how large a batch the topic takes; and which messages of the send need not be sent
 * again.
 */
export class KafkaPublisher implements Publisher {
  readonly #options: KafkaPublisherOptions;
  readonly #limit = new BatchLimit();
  readonly #stored = new Set<Message>();
  readonly #withheld = new Map<Message, string | undefined>();
  #brokers: readonly string[];
  #producer: BatchProducer | undefined;
  #queues: readonly PartitionQueue[] | undefined;
  #partitions: number | undefined;

  constructor(options: KafkaPublisherOptions) {
    this.#options = options;
    this.#brokers = options.brokers;
  }

  async prepare(): Promise<void> {
    if (this.#producer !== undefined) return;
    const { brokers, clientId, topic } = this.#options;
    const producer = new BatchProducer({ brokers: await answeringBrokersFirst(this.#brokers), clientId }, [
      topic,
    ]);
    try {
      const found = await within(PREPARE_LIMIT_MS, producer.connect());
      this.#brokers = [...new Set([...brokers, ...found])];
    } catch (cause) {
      await producer.close();
      throw new PublishError(`${topic}: ${reasonOf(cause)}`, { cause });
    }
    this.#producer = producer;
  }

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
    await this.prepare();
    const { topic, limitMs = SEND_LIMIT_MS } = this.#options;
    const producer = this.#producer!;
    let send: Send | undefined;
    const sent = producer.partitionsOf(topic).then((partitions) => {
      this.#partitions = partitions;
      if (this.#queues?.length !== partitions) this.#queues = queuesFor(partitions, this.#limit);
      send = new Send(topic, this.#left(messages), this.#queues);
      return send.run(producer);
    });
    try {
      await within(limitMs, sent);
      return this.#result(messages, send!.withheld);
    } catch (cause) {
      if (send !== undefined) this.#keep(send.end());
      this.#producer = undefined;
      this.#queues = undefined;
      await producer.close();
      throw cause instanceof PublishError
        ? cause
        : new PublishError(`${topic}: ${reasonOf(cause)}`, { cause });
    }
  }

  get partitions(): Partitions | undefined {
    const count = this.#partitions;
    if (count === undefined) return undefined;
    return {
      count,
      of: (key) => partitionOf(key, count),
      unfinished: (messages) => this.#unfinished(messages),
      end: () => this.#forget(),
    };
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }

  /** Returns the messages whose fate is unknown after earlier failed sends. */
  #left(messages: readonly Message[]): readonly Message[] {
    if (this.#stored.size === 0 && this.#withheld.size === 0) return messages;
    return messages.filter((message) => !this.#stored.has(message) && !this.#withheld.has(message));
  }

  #unfinished(messages: readonly Message[]): Unfinished {
    const known = (message: Message) => this.#stored.has(message) || this.#withheld.has(message);
    const unanswered = messages.flatMap((message, index) => (known(message) ? [] : index));
    return { unanswered, withheld: places(messages, this.#withheld) };
  }

  #forget(): void {
    this.#stored.clear();
    this.#withheld.clear();
  }

  #keep({ stored, withheld }: SendProgress): void {
    for (const message of stored) this.#stored.add(message);
    for (const [message, reason] of withheld) this.#withheld.set(message, reason);
  }

  /** Returns which of the messages are withheld, once all are dealt with, and forgets everything about them. */
  #result(messages: readonly Message[], last: SendProgress['withheld']): readonly Withheld[] {
    const withheld = places(
      messages,
      this.#withheld.size === 0 ? last : new Map([...this.#withheld, ...last]),
    );
    this.#forget();
    return withheld;
  }
}

/** Returns the places of the withheld messages, with their reasons. */
function places(messages: readonly Message[], withheld: SendProgress['withheld']): readonly Withheld[] {
  if (withheld.size === 0) return [];
  return messages.flatMap((message, index) =>
    withheld.has(message) ? { index, reason: withheld.get(message) } : [],
  );
}
