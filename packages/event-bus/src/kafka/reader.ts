import { setTimeout as sleep } from 'node:timers/promises';
import { answeringBrokersFirst, within } from '@ordershard/process';
import type { Consumer, MessagesStream } from '@platformatic/kafka';
import { startOffset } from '../receive/start-offset.ts';
import { reasonOf } from './reason.ts';
import type { BrokerAccess } from './topic.ts';

/** How long a member may be silent before its group counts it as gone: the least that brokers allow. */
const SESSION_TIMEOUT_MS = 6_000;

/** How long closing waits for the broker's good-bye, milliseconds. */
const CLOSE_LIMIT_MS = 3_000;

/** Pauses after failures, milliseconds: doubled each time between these. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** The one partition of a bus. */
const PARTITION = 0;

/** How often the reader checks whether all of the past is read, milliseconds. */
const LOOK_EVERY_MS = 50;

/** Times that stand for the ends of a partition, in Kafka's ListOffsets request. */
const LATEST = -1n;
const EARLIEST = -2n;

type Bytes = Buffer | undefined;
type RawConsumer = Consumer<Bytes, Bytes>;
type RawStream = MessagesStream<Bytes, Bytes, Buffer, Buffer>;

export interface ReaderOptions extends BrokerAccess {
  readonly topic: string;
  readonly groupId: string;
  /** How many messages before the end to read on joining. */
  readonly readBack: number;
}

/** What a reader calls. */
export interface ReaderEvents {
  /** A message was read. `past`: it was there before the reader joined. The reader goes on when the result resolves. */
  message(value: Bytes, past: boolean): void | Promise<void>;
  /** All messages from before joining were read; those from now on are new. Also called after each time away. */
  caughtUp(): void;
  /** Reading failed, for this reason. The reader tries again. */
  failed(reason: string): void;
}

/**
 * Reads a topic of one partition as the only member of its group. It commits no offset: a run remembers where it was, and the
 * next run joins anew. When a consumer fails, the reader throws it away; another one goes on after the last message that was
 * read.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #events: ReaderEvents;
  #next: bigint | undefined;
  #failures = 0;

  constructor(options: ReaderOptions, events: ReaderEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Reads until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const consumer = await this.#create();
      try {
        await this.#read(consumer, signal);
      } catch (error) {
        if (!signal.aborted) this.#events.failed(reasonOf(error));
      }
      await leave(consumer);
      const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
      this.#failures += 1;
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(consumer: RawConsumer, signal: AbortSignal): Promise<void> {
    const { topic, readBack } = this.#options;
    const { from, liveFrom } = startOffset(await this.#bounds(consumer), this.#next, readBack);
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'manual',
      offsets: [{ topic, partition: PARTITION, offset: from }],
      // startOffset deals with missing messages; the client must not pass over them.
      fallbackMode: 'fail',
      autocommit: false,
    });
    const stop = () => stream.destroy();
    const fail = (error: Error) => stream.destroy(error);
    signal.addEventListener('abort', stop);
    consumer.on('error', fail);
    try {
      if (from === liveFrom) this.#live();
      if (!signal.aborted) await this.#take(stream, liveFrom, from === liveFrom);
    } finally {
      signal.removeEventListener('abort', stop);
      stream.on('error', () => undefined); // It is over, whatever else goes wrong with it.
      stream.destroy();
    }
  }

  /** @param caughtUp whether there is no past to read */
  async #take(stream: RawStream, liveFrom: bigint, caughtUp: boolean): Promise<void> {
    let [live, busy] = [caughtUp, false];
    const goLive = () => {
      if (live) return;
      live = true;
      this.#next ??= liveFrom;
      if (this.#next < liveFrom) this.#next = liveFrom;
      this.#live();
    };
    // The past may end with the mark of a transaction, or with messages of an aborted one: then no last message comes.
    const place = `${this.#options.topic}:${PARTITION}`;
    const look = setInterval(() => {
      const fetched = stream.offsetsToFetch.get(place) ?? -1n;
      if (!busy && stream.readableLength === 0 && fetched >= liveFrom) goLive();
    }, LOOK_EVERY_MS);
    try {
      for await (const { value, offset } of stream) {
        busy = true;
        this.#failures = 0;
        if (offset >= liveFrom) goLive();
        this.#next = offset + 1n;
        await this.#events.message(value, offset < liveFrom);
        if (this.#next >= liveFrom) goLive();
        busy = false;
      }
    } finally {
      clearInterval(look);
    }
    throw new Error('the stream of messages has ended');
  }

  #live(): void {
    this.#failures = 0;
    this.#events.caughtUp();
  }

  async #bounds(consumer: RawConsumer): Promise<{ readonly earliest: bigint; readonly latest: bigint }> {
    const { topic } = this.#options;
    const ask = async (timestamp: bigint) =>
      (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic)![0]!;
    const earliest = await ask(EARLIEST);
    return { earliest, latest: await ask(LATEST) };
  }

  async #create(): Promise<RawConsumer> {
    const { brokers, clientId, groupId } = this.#options;
    const { Consumer } = await import('@platformatic/kafka');
    const consumer: RawConsumer = new Consumer({
      clientId,
      groupId,
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      autocommit: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
      minBytes: 1,
      maxWaitTime: 500,
      connectTimeout: 2_000,
      // A broker that hangs is noticed after twice this: reading is tried again here, not within the client.
      requestTimeout: 3_000,
      retries: 1,
      retryDelay: 200,
    });
    consumer.on('error', () => undefined);
    return consumer;
  }
}

/** Leaves the group. A broker that does not answer notices by itself that the member is gone. */
async function leave(consumer: RawConsumer): Promise<void> {
  await within(CLOSE_LIMIT_MS, 'leaving the group', () => consumer.close(true)).catch(() => undefined);
}
