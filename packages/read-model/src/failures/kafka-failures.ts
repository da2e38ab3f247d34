import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import { answeringBrokersFirst } from '@ordershard/process';
import { Admin, findErrorBy, Producer } from '@platformatic/kafka';
import { KafkaUnavailableError } from '../errors.ts';
import type { DeadLetter, DeadLetters } from '../projector/message.ts';
import { reasonOf } from '../projector/reason.ts';
import { closed, sendLimited } from './limited-calls.ts';
import { cutRecordOf, recordOf } from './record.ts';
import { type RouteOptions, type Stop, stopOf } from './route.ts';
import { type BoundedRecord, sendBounded } from './send-bounded.ts';

export interface KafkaFailuresOptions extends RouteOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly replication: number;
}

/** A listener for messages that failed. */
export interface FailureEvents {
  /** Called before the messages are stored where they go next. */
  failed(failures: readonly { readonly letter: DeadLetter; readonly stop: Stop }[]): Promise<void>;
}

type RawProducer = Producer<Buffer | undefined, Buffer | undefined>;

/** A producer, and how many sends use it now. */
interface SharedProducer {
  readonly producer: RawProducer;
  users: number;
}

/**
 * Stores failed messages in Kafka: in retry topics when they are to be tried again, otherwise in the dead-letter topic. The
 * bytes stay as they were. Headers `dlq-…` say where a message came from and why it failed.
 */
export class KafkaFailures implements DeadLetters {
  readonly #options: KafkaFailuresOptions;
  readonly #events: FailureEvents;
  readonly #now: () => Date;
  #shared: SharedProducer | undefined;

  constructor(options: KafkaFailuresOptions, events: FailureEvents, now: () => Date = () => new Date()) {
    this.#options = options;
    this.#events = events;
    this.#now = now;
  }

  /**
   * Makes the topics that are missing. A retry topic gets as many partitions as the projected topic, or one while that topic
   * does not exist. Throws {@link KafkaUnavailableError}.
   */
  async prepare(): Promise<void> {
    const { brokers, clientId, topic, delaysMs, replication } = this.#options;
    const admin = new Admin({
      clientId,
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      retries: 1,
      retryDelay: 200,
      connectTimeout: 2_000,
    });
    try {
      const there = await admin.listTopics();
      const retries = delaysMs
        .map((_, at) => retryTopicOf(topic, at + 1))
        .filter((name) => !there.includes(name));
      if (retries.length > 0) {
        const known = there.includes(topic)
          ? (await admin.metadata({ topics: [topic] })).topics.get(topic)?.partitionsCount
          : undefined;
        await create(admin, retries, known ?? 1, replication);
      }
      const letters = deadLetterTopicOf(topic);
      if (!there.includes(letters)) await create(admin, [letters], 1, replication);
    } catch (cause) {
      throw new KafkaUnavailableError(
        `the topics for what fails on ${topic} could not be made: ${reasonOf(cause)}`,
        { cause },
      );
    } finally {
      await admin.close().catch(() => undefined);
    }
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    const now = this.#now();
    const failures = letters.map((letter) => ({ letter, stop: stopOf(letter, this.#options, now) }));
    await this.#events.failed(failures);
    const { topic } = this.#options;
    const bounded = failures.map((failure) => boundedOf(failure, deadLetterTopicOf(topic)));
    const first = this.#shared === undefined ? await answeringBrokersFirst(this.#options.brokers) : [];
    const shared = (this.#shared ??= { producer: this.#connect(first), users: 0 });
    shared.users += 1;
    try {
      await sendBounded(bounded, (messages) => sendLimited(shared.producer, messages));
    } catch (cause) {
      if (this.#shared === shared) this.#shared = undefined;
      throw new KafkaUnavailableError(
        `${topic}: messages that failed could not be stored: ${reasonOf(cause)}`,
        { cause },
      );
    } finally {
      shared.users -= 1;
      // Other sends may still use the producer that failed here: the last of them closes it.
      if (shared.users === 0 && this.#shared !== shared) await closed(shared.producer);
    }
  }

  async close(): Promise<void> {
    const shared = this.#shared;
    this.#shared = undefined;
    if (shared !== undefined) await closed(shared.producer);
  }

  #connect(brokers: string[]): RawProducer {
    const { clientId } = this.#options;
    return new Producer({
      clientId,
      bootstrapBrokers: brokers,
      acks: -1,
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
      requestTimeout: 5_000,
    });
  }
}

/** A message that is too large for a retry topic cannot be tried again from there: it becomes a dead letter at once. */
function boundedOf(
  { letter, stop }: { readonly letter: DeadLetter; readonly stop: Stop },
  letterTopic: string,
): BoundedRecord {
  const { message } = letter;
  const { topic, stage, provenance } = stop;
  const { due: _, ...settled } = provenance;
  return {
    record: recordOf(message, provenance, stage === undefined ? { topic, partition: 0 } : { topic }),
    cut: () => cutRecordOf(message, settled, { topic: letterTopic, partition: 0 }),
  };
}

async function create(admin: Admin, topics: string[], partitions: number, replicas: number): Promise<void> {
  try {
    await admin.createTopics({ topics, partitions, replicas });
  } catch (cause) {
    if (!findErrorBy(cause as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw cause;
  }
}
