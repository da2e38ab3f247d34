import { Admin, findErrorBy, type MessageToProduce, Producer } from '@platformatic/kafka';
import { KafkaUnavailableError } from '../errors.ts';
import type { DeadLetter, DeadLetters } from './message.ts';
import { reasonOf } from './reason.ts';

export interface KafkaDeadLettersOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly replication: number;
}

type RawProducer = Producer<Buffer | undefined, Buffer | undefined>;

/**
 * Keeps dead letters in a topic of one partition: the messages as they were, with the reason and where they come from in
 * headers `dlq-reason`, `dlq-topic`, `dlq-partition` and `dlq-offset`.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #options: KafkaDeadLettersOptions;
  #producer: RawProducer | undefined;

  constructor(options: KafkaDeadLettersOptions) {
    this.#options = options;
  }

  /** Makes the topic unless it is there. Throws {@link KafkaUnavailableError}. */
  async prepare(): Promise<void> {
    const { brokers, clientId, topic, replication } = this.#options;
    const admin = new Admin({
      clientId,
      bootstrapBrokers: [...brokers],
      retries: 1,
      retryDelay: 200,
      connectTimeout: 2_000,
    });
    try {
      if ((await admin.listTopics()).includes(topic)) return;
      await admin.createTopics({ topics: [topic], partitions: 1, replicas: replication });
    } catch (cause) {
      if (findErrorBy(cause as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) return;
      throw new KafkaUnavailableError(`topic ${topic} could not be made: ${reasonOf(cause)}`, { cause });
    } finally {
      await admin.close().catch(() => undefined);
    }
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    const producer = (this.#producer ??= this.#connect());
    try {
      await producer.send({ messages: letters.map((letter) => this.#record(letter)) });
    } catch (cause) {
      await this.close();
      throw new KafkaUnavailableError(
        `${this.#options.topic} does not take dead letters: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close(true).catch(() => undefined);
  }

  #connect(): RawProducer {
    const { brokers, clientId } = this.#options;
    return new Producer({
      clientId,
      bootstrapBrokers: [...brokers],
      acks: -1,
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
      requestTimeout: 5_000,
    });
  }

  #record({ message, reason }: DeadLetter): MessageToProduce<Buffer | undefined, Buffer | undefined> {
    const { key, value, headers, topic, partition, offset } = message;
    const about = Object.entries({ reason, topic, partition, offset });
    return {
      topic: this.#options.topic,
      partition: 0,
      key,
      value,
      headers: new Map([
        ...headers,
        ...about.map(([name, text]): [Buffer, Buffer] => [
          Buffer.from(`dlq-${name}`),
          Buffer.from(String(text)),
        ]),
      ]),
    };
  }
}
