import { Consumer } from '@platformatic/kafka';
import { answeringBrokersFirst, type Logger } from '@ordershard/process';
import { pause, retryPause } from '../worker/pause.ts';
import { Offsets } from './offsets.ts';
import { reasonOf } from './reason.ts';

const SESSION_TIMEOUT_MS = 6_000;
const COMMIT_EVERY_MS = 500;
const CLOSE_LIMIT_MS = 5_000;
const READ_AHEAD = 500;

type RawConsumer = Consumer<string, Buffer, string, string>;

export interface OrderEventsOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly group: string;
  /** Name of a static member. */
  readonly instanceId: string | undefined;
}

/** Handles events by their key and type. */
export interface EventHandler {
  /** Resolves when another event can be taken. */
  room(): Promise<void>;
  /** Begins the work on an event. Calls `done` when the event is handled. */
  take(key: string, type: string, done: () => void): void;
}

/**
 * Reads events as a member of a consumer group. Commits an offset when it and all before it are handled, however long some
 * take. So when work was begun and not finished, the next member reads its event again.
 */
export class OrderEvents {
  readonly #options: OrderEventsOptions;
  readonly #log: Logger;
  #problem: string | undefined = 'not connected yet';

  constructor(options: OrderEventsOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Why nothing can be read now; undefined when it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Hands every event to `handler` until `signal` aborts, whatever happens to the broker. */
  async run(handler: EventHandler, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const consumer = await this.#create();
      const failing = new AbortController();
      const fail = (error: unknown) => {
        if (failing.signal.aborted) return;
        if (!signal.aborted) this.#report(error, failures);
        failing.abort();
      };
      consumer.on('error', fail);
      try {
        failures = (await this.#consume(consumer, handler, AbortSignal.any([signal, failing.signal]), fail))
          ? 0
          : failures;
      } catch (error) {
        fail(error);
      } finally {
        await this.#close(consumer);
      }
      if (!signal.aborted) await pause(retryPause(failures), signal);
    }
  }

  /** Resolves when `signal` aborts or the stream ends. Returns true when an event was read. */
  async #consume(
    consumer: RawConsumer,
    handler: EventHandler,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<boolean> {
    const { topic } = this.#options;
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
    });
    this.#problem = undefined;
    this.#log.info({ topic, group: this.#options.group }, 'joined the group');
    const partitions = new Map<number, Offsets>();
    const committing = new AbortController();
    const committer = this.#commitNowAndThen(consumer, partitions, committing.signal, fail);
    const end = () => stream.destroy();
    signal.addEventListener('abort', end, { once: true });
    let read = false;
    try {
      for await (const { key, headers, partition, offset } of stream) {
        read = true;
        const offsets = partitions.get(partition) ?? new Offsets();
        partitions.set(partition, offsets);
        if (!offsets.begin(offset)) continue;
        await handler.room();
        if (signal.aborted) break;
        handler.take(key, headers.get('ce_type') ?? '', () => offsets.done(offset));
      }
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      signal.removeEventListener('abort', end);
      committing.abort();
      await committer;
    }
    return read;
  }

  async #commitNowAndThen(
    consumer: RawConsumer,
    partitions: ReadonlyMap<number, Offsets>,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<void> {
    const committed = new Map<number, bigint>();
    for (let last = false; !last;) {
      await pause(COMMIT_EVERY_MS, signal);
      last = signal.aborted;
      const { topic } = this.#options;
      const mine = new Set(consumer.assignments?.find((each) => each.topic === topic)?.partitions);
      const offsets = [...partitions].flatMap(([partition, { committable }]) =>
        committable !== undefined && mine.has(partition) && committable !== committed.get(partition)
          ? [{ topic, partition, offset: committable, leaderEpoch: -1 }]
          : [],
      );
      if (offsets.length === 0) continue;
      try {
        await consumer.commit({ offsets });
        for (const { partition, offset } of offsets) committed.set(partition, offset);
      } catch (error) {
        if (last) return;
        fail(error);
      }
    }
  }

  #report(error: unknown, failures: number): void {
    if (this.#problem === undefined || failures === 0)
      this.#log.warn({ reason: reasonOf(error) }, 'reading events failed; it is tried again');
    this.#problem = reasonOf(error);
  }

  async #create(): Promise<RawConsumer> {
    const { brokers, clientId, group, instanceId } = this.#options;
    const text = (bytes?: Buffer) => bytes?.toString() ?? '';
    return new Consumer({
      clientId,
      groupId: group,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      bootstrapBrokers: await answeringBrokersFirst(brokers),
      deserializers: { key: text, headerKey: text, headerValue: text },
      autocommit: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
      minBytes: 1,
      maxBytes: 4 * 1_048_576,
      maxWaitTime: 500,
      highWaterMark: READ_AHEAD,
      connectTimeout: 2_000,
      retries: 3,
      retryDelay: 250,
    }) as RawConsumer;
  }

  /** Leaves the group. A broker that does not answer notices by itself that the member is gone. */
  async #close(consumer: RawConsumer): Promise<void> {
    const patience = new AbortController();
    try {
      await Promise.race([consumer.close(true), pause(CLOSE_LIMIT_MS, patience.signal)]);
    } catch (error) {
      this.#log.debug({ reason: reasonOf(error) }, 'the consumer did not close cleanly');
    } finally {
      patience.abort();
    }
  }
}
