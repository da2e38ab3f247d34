import { answeringBrokersFirst, type Logger } from '@ordershard/process';
import { Backlog } from './backlog.ts';
import { Flow, type Standstill } from './flow.ts';
import { KafkaSession, type KafkaSourceOptions } from './kafka-session.ts';
import { describeChange, type LogChange } from './log-change.ts';
import type { Chunk, Source } from './message.ts';
import { reasonOf } from './reason.ts';
import { pause, retryPause } from './retrying.ts';

/** How long a stop waits for the broker's good-bye. */
const CLOSE_LIMIT_MS = 5_000;

/**
 * Reads a topic as a member of a consumer group. When a member fails, the source throws it away and starts another one from
 * the committed offsets.
 */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions;
  readonly #told: KafkaSourceOptions['changed'];
  readonly #log: Logger;
  readonly #backlog = new Backlog();
  readonly #flow: Flow;
  #session: KafkaSession | undefined;
  #problem: string | undefined = 'not connected yet';
  /** The last change of each partition's log. */
  readonly #changes = new Map<number, string>();

  constructor(options: KafkaSourceOptions, log: Logger) {
    this.#told = options.changed;
    this.#options = { ...options, changed: (change) => this.#changed(change) };
    this.#log = log;
    this.#flow = new Flow(options.topic, options.standstillMs);
  }

  get standstills(): readonly Standstill[] {
    return this.#session === undefined ? [] : this.#flow.standstills;
  }

  get notices(): readonly string[] {
    return [...this.#changes.values()];
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get partitions(): readonly number[] {
    return this.#session?.partitions ?? [];
  }

  async read(take: (chunk: Chunk) => void, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const brokers = await answeringBrokersFirst(this.#options.brokers);
      if (signal.aborted) return;
      const session = (this.#session = new KafkaSession(
        { ...this.#options, brokers },
        (chunk) => {
          failures = 0;
          take(chunk);
        },
        this.#backlog,
        this.#flow,
      ));
      try {
        await session.join();
        this.#log.info({ topic: this.#options.topic }, 'joined the group');
        this.#problem = undefined;
        await session.untilFailed(signal);
        return;
      } catch (error) {
        if (this.#problem === undefined || failures === 0)
          this.#log.warn({ reason: reasonOf(error) }, 'reading failed; it is tried again');
        this.#problem = reasonOf(error);
      }
      this.#session = undefined;
      await this.#limited(() => session.abandon());
      await pause(retryPause(failures), signal);
    }
  }

  async leave(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await this.#limited(() => session.leave());
  }

  #changed(change: LogChange): void {
    const text = describeChange(change);
    this.#changes.set(change.partition, text);
    const { kind, topic, partition, next, begin, end } = change;
    const offsets = { topic, partition, next: String(next), begin: String(begin), end: String(end) };
    this.#log.warn({ kind, ...offsets }, text);
    this.#told?.(change);
  }

  /**
   * Runs `end`, for {@link CLOSE_LIMIT_MS} at the most. A broker that does not answer notices by itself that the member is
   * gone.
   */
  async #limited(end: () => Promise<void>): Promise<void> {
    const patience = new AbortController();
    try {
      await Promise.race([end(), pause(CLOSE_LIMIT_MS, patience.signal)]);
    } catch (error) {
      this.#log.debug({ reason: reasonOf(error) }, 'the consumer did not close cleanly');
    } finally {
      patience.abort();
    }
  }
}
