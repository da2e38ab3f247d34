import { randomUUID } from 'node:crypto';
import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import { answeringBrokersFirst } from '@ordershard/process';
import { Consumer, Producer } from '@platformatic/kafka';
import { KafkaUnavailableError } from '../errors.ts';
import { reasonOf } from '../projector/reason.ts';
import { type Letter, letterOf } from './letter.ts';
import { closed, sendLimited } from './limited-calls.ts';
import { type Offsets, readLog } from './read-log.ts';
import { cutRecordOf, recordOf } from './record.ts';
import { type BoundedRecord, sendBounded } from './send-bounded.ts';

export interface LetterTopicOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
}

type Bytes = Buffer | undefined;

/** The dead-letter topic as operators use it: they read it as a whole, and send letters round again. */
export class LetterTopic {
  readonly #options: LetterTopicOptions;
  #producer: Producer<Bytes, Bytes> | undefined;

  constructor(options: LetterTopicOptions) {
    this.#options = options;
  }

  /**
   * Yields the letters that the topic holds now, by partition and offset. Starts at the offset in `from` where it names a
   * partition.
   *
   * @throws KafkaUnavailableError
   */
  async *letters(from: Offsets = new Map()): AsyncGenerator<Letter, void> {
    const topic = deadLetterTopicOf(this.#options.topic);
    const consumer = await this.#connect();
    try {
      for await (const message of readLog(consumer, topic, from)) yield letterOf(message);
    } catch (cause) {
      throw new KafkaUnavailableError(`${topic} cannot be read: ${reasonOf(cause)}`, { cause });
    } finally {
      await closed(consumer);
    }
  }

  /** The topic's id: one that was deleted and made anew has another. Throws KafkaUnavailableError. */
  async id(): Promise<string> {
    const topic = deadLetterTopicOf(this.#options.topic);
    const consumer = await this.#connect();
    try {
      return (await consumer.metadata({ topics: [topic] })).topics.get(topic)!.id;
    } catch (cause) {
      throw new KafkaUnavailableError(`${topic} cannot be read: ${reasonOf(cause)}`, { cause });
    } finally {
      await closed(consumer);
    }
  }

  /**
   * Sends letters into the first retry topic, due at once. They do not go into the topic that they came from: others read
   * that topic too, and have had them.
   *
   * @throws KafkaUnavailableError
   */
  async sendRound(letters: readonly Letter[]): Promise<void> {
    const { brokers, clientId, topic } = this.#options;
    this.#producer ??= new Producer<Bytes, Bytes>({
      clientId,
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      acks: -1,
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
      requestTimeout: 5_000,
    });
    const producer = this.#producer;
    const to = { topic: retryTopicOf(topic, 1) };
    const records = letters.map(({ id, message, provenance }): BoundedRecord => {
      const replay = { ...provenance, letter: id, awaits: undefined, group: undefined, due: new Date() };
      return {
        record: recordOf(message, replay, to),
        cut: () => cutRecordOf(message, replay, to),
      };
    });
    try {
      await sendBounded(records, (messages) => sendLimited(producer, messages));
    } catch (cause) {
      throw new KafkaUnavailableError(`letters were not sent round: ${reasonOf(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await closed(producer);
  }

  async #connect(): Promise<Consumer<Bytes, Bytes>> {
    const { brokers, clientId } = this.#options;
    const consumer = new Consumer<Bytes, Bytes>({
      clientId,
      // A group of this run alone, named as the event bus names its groups: it commits nothing, and monitoring passes over
      // it.
      groupId: `anonymous.${randomUUID()}`,
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      autocommit: false,
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
    });
    consumer.on('error', () => undefined);
    return consumer;
  }
}
