import type { Logger } from '@ordershard/process';
import { Consumer } from '@platformatic/kafka';
import type { Batch, Source } from './message.ts';
import { reasonOf } from './reason.ts';
import { pause, retryPause } from './retrying.ts';
import { type RawMessage, type RawStream, StreamReader } from './stream-reader.ts';

/** Messages of one batch at the most. The client reads as many again ahead. */
const BATCH_MESSAGES = 1_000;

/** After a batch that was not full, more is let gather so long: a bulk write and a commit of offsets cost the same for one. */
const GATHER_MS = 20;

/** How long a member may be silent before its partitions are given to others: the least that brokers allow. */
const SESSION_TIMEOUT_MS = 6_000;

/** How long a stop waits for the broker's good-bye. */
const CLOSE_LIMIT_MS = 5_000;

export interface KafkaSourceOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly group: string;
  /** Name of a static member: one that starts again under it gets its partitions back at once. */
  readonly instanceId: string | undefined;
}

type RawConsumer = Consumer<Buffer | undefined, Buffer | undefined>;

/**
 * Reads a topic as a member of a consumer group. A consumer that fails is thrown away, and another one starts from what
 * was committed.
 */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions;
  readonly #log: Logger;
  #consumer: RawConsumer | undefined;
  #problem: string | undefined = 'not connected yet';

  constructor(options: KafkaSourceOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get partitions(): readonly number[] {
    const { topic } = this.#options;
    return this.#consumer?.assignments?.find((assigned) => assigned.topic === topic)?.partitions ?? [];
  }

  async *batches(signal: AbortSignal): AsyncGenerator<Batch, void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const consumer = (this.#consumer = this.#create());
      let stream: RawStream | undefined;
      try {
        stream = await consumer.consume({
          topics: [this.#options.topic],
          mode: 'committed',
          fallbackMode: 'earliest',
          autocommit: false,
        });
        const reader = new StreamReader(stream);
        consumer.on('error', (error: Error) => reader.fail(error));
        this.#log.info({ topic: this.#options.topic }, 'joined the group');
        this.#problem = undefined;
        for await (const batch of this.#read(consumer, reader, signal)) {
          failures = 0;
          yield batch;
        }
      } catch (error) {
        if (this.#problem === undefined || failures === 0)
          this.#log.warn({ reason: reasonOf(error) }, 'reading failed; it is tried again');
        this.#problem = reasonOf(error);
      } finally {
        await this.#close(consumer, stream);
      }
      if (!signal.aborted) await pause(retryPause(failures), signal);
    }
  }

  async *#read(
    consumer: RawConsumer,
    reader: StreamReader,
    signal: AbortSignal,
  ): AsyncGenerator<Batch, void> {
    // The offset that follows what was dealt with. After the group has changed, the client reads again from what is
    // committed, though it still hands out what it had read before.
    const done = new Map<number, bigint>();
    let gathered = true;
    while (!signal.aborted) {
      if (!gathered) await pause(GATHER_MS, signal);
      const taken = await reader.take(BATCH_MESSAGES, signal);
      gathered = taken.length >= BATCH_MESSAGES;
      const messages = taken.filter(({ partition, offset }) => offset >= (done.get(partition) ?? 0n));
      if (messages.length === 0) continue;
      yield {
        messages: messages.map(({ key, value, headerEntries, topic, partition, offset }) => ({
          key,
          value,
          headers: headerEntries,
          topic,
          partition,
          offset,
        })),
        commit: async () => {
          for (const { partition, offset } of messages) done.set(partition, offset + 1n);
          try {
            await this.#commit(consumer, messages);
          } catch (error) {
            reader.fail(error as Error);
          }
        },
      };
    }
  }

  /** Commits the last offset of each partition, but for those that were given to others meanwhile. */
  async #commit(consumer: RawConsumer, messages: readonly RawMessage[]): Promise<void> {
    const mine = new Set(this.partitions);
    const last = new Map(messages.map((message) => [message.partition, message]));
    const offsets = [...last.values()]
      .filter(({ partition }) => mine.has(partition))
      .map(({ topic, partition, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch,
      }));
    if (offsets.length > 0) await consumer.commit({ offsets });
  }

  #create(): RawConsumer {
    const { brokers, clientId, group, instanceId } = this.#options;
    const consumer: RawConsumer = new Consumer({
      clientId,
      groupId: group,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      bootstrapBrokers: [...brokers],
      autocommit: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
      minBytes: 1,
      maxBytes: 4 * 1_048_576,
      maxBytesPerPartition: 1_048_576,
      maxWaitTime: 500,
      highWaterMark: BATCH_MESSAGES,
      connectTimeout: 2_000,
      retries: 3,
      retryDelay: 250,
    });
    consumer.on('error', () => undefined);
    return consumer;
  }

  /** Leaves the group, so that others get the partitions at once. A broker that does not answer finds out by itself. */
  async #close(consumer: RawConsumer, stream: RawStream | undefined): Promise<void> {
    this.#consumer = undefined;
    const patience = new AbortController();
    const leave = async () => {
      await stream?.close();
      await consumer.close(true);
    };
    try {
      await Promise.race([leave(), pause(CLOSE_LIMIT_MS, patience.signal)]);
    } catch (error) {
      this.#log.debug({ reason: reasonOf(error) }, 'the consumer did not close cleanly');
      await consumer.close(true).catch(() => undefined);
    } finally {
      patience.abort();
    }
  }
}
