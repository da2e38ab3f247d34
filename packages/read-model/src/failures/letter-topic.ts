import { randomUUID } from 'node:crypto';
import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import { Consumer, Producer } from '@platformatic/kafka';
import { KafkaUnavailableError } from '../errors.ts';
import { reasonOf } from '../projector/reason.ts';
import { type Letter, letterOf } from './letter.ts';
import { cutRecordOf, recordOf } from './record.ts';
import { type BoundedRecord, sendBounded } from './send-bounded.ts';

export interface LetterTopicOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
}

/** Times that stand for the ends of a partition, in Kafka's ListOffsets request. */
const LATEST = -1n;
const EARLIEST = -2n;

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

type Bytes = Buffer | undefined;

/** The dead-letter topic as operators use it: it is read as a whole, and letters are sent round again. */
export class LetterTopic {
  readonly #options: LetterTopicOptions;
  #producer: Producer<Bytes, Bytes> | undefined;

  constructor(options: LetterTopicOptions) {
    this.#options = options;
  }

  /**
   * Letters that the topic holds now, by partition and offset; from `from` on where it names a partition.
   *
   * @throws KafkaUnavailableError
   */
  async *letters(from: Offsets = new Map()): AsyncGenerator<Letter, void> {
    const topic = deadLetterTopicOf(this.#options.topic);
    const { brokers, clientId } = this.#options;
    const consumer = new Consumer<Bytes, Bytes>({
      clientId,
      // A group of this run alone, as the event bus has them: nothing is committed, and monitoring passes over it.
      groupId: `anonymous.${randomUUID()}`,
      bootstrapBrokers: [...brokers],
      autocommit: false,
      maxWaitTime: 100,
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
    });
    consumer.on('error', () => undefined);
    try {
      const ask = async (timestamp: bigint) =>
        (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic);
      const [first, ends] = [(await ask(EARLIEST)) ?? [], (await ask(LATEST)) ?? []];
      const starts = ends.map((_, partition) => {
        const wanted = from.get(partition) ?? 0n;
        return wanted > first[partition]! ? wanted : first[partition]!;
      });
      const left = new Set(ends.flatMap((end, partition) => (starts[partition]! < end ? [partition] : [])));
      if (left.size === 0) return;
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'manual',
        offsets: starts.map((offset, partition) => ({ topic, partition, offset })),
        autocommit: false,
      });
      try {
        for await (const { key, value, headerEntries, partition, offset } of stream) {
          if (offset < ends[partition]!)
            yield letterOf({ key, value, headers: headerEntries, topic, partition, offset });
          if (offset >= ends[partition]! - 1n) left.delete(partition);
          if (left.size === 0) return;
        }
      } finally {
        await stream.close();
      }
    } catch (cause) {
      throw new KafkaUnavailableError(`${topic} cannot be read: ${reasonOf(cause)}`, { cause });
    } finally {
      await consumer.close(true).catch(() => undefined);
    }
  }

  /**
   * Sends letters into the first retry topic, due at once. Not into the topic that they came from: others read that
   * too, and have had them.
   *
   * @throws KafkaUnavailableError
   */
  async sendRound(letters: readonly Letter[]): Promise<void> {
    const { brokers, clientId, topic } = this.#options;
    this.#producer ??= new Producer<Bytes, Bytes>({
      clientId,
      bootstrapBrokers: [...brokers],
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
      await sendBounded(records, (messages) => producer.send({ messages }));
    } catch (cause) {
      throw new KafkaUnavailableError(`letters were not sent round: ${reasonOf(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#producer?.close(true).catch(() => undefined);
    this.#producer = undefined;
  }
}
