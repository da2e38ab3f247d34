import { retryTopicOf } from '@ordershard/order-events';
import type { Logger } from '@ordershard/process';
import type { Db } from 'mongodb';
import type { Registry } from 'prom-client';
import type { DeadLetters, Source } from '../projector/message.ts';
import { DueSource } from './due-source.ts';
import { KafkaFailures } from './kafka-failures.ts';
import { type Input, LetterStore } from './letter-store.ts';
import { LetterTopic } from './letter-topic.ts';
import { FailureMetrics } from './metrics.ts';
import { withoutPassed } from './order-views-passed.ts';
import { ReplayTrail } from './replay-trail.ts';
import { SelfHealing } from './self-healing.ts';
import type { FailureSettings } from './settings.ts';

export interface FailureHandlingOptions extends FailureSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
  /** Which topic that is. */
  readonly input: Input;
  /** The group of its projectors, and that of the order views. */
  readonly group: string;
  readonly orderViewsGroup: string;
  readonly replication: number;
  readonly db: Db;
  readonly registry: Registry;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Opens a source of a topic, read as a member of a group. */
  readonly open: (topic: string, group: string) => Source;
}

/** How far the clocks of two processes may lie apart: what is due by one clock may be early by the other. Milliseconds. */
const CLOCKS_MS = 60_000;

/** Handles all messages that fail in one process: retry topics, dead letters, their replay, metrics. */
export class FailureHandling {
  readonly deadLetters: DeadLetters;
  /** For each retry stage, a source of the messages of its topic that are due. */
  readonly retries: ReadonlyMap<number, Source>;
  readonly #failures: KafkaFailures;
  readonly #topic: LetterTopic;
  readonly #healing: SelfHealing;
  readonly #signal: AbortSignal;
  #work: Promise<void> = Promise.resolve();

  constructor(options: FailureHandlingOptions) {
    const { brokers, clientId, topic, group, replication, db, registry, log, signal, open } = options;
    const { retryDelaysMs: delaysMs, release, input } = options;
    const store = new LetterStore(db, input);
    const trail = new ReplayTrail(store, release, log, signal);
    const stages = delaysMs.map((_, at) => at + 1);
    const retries = new Map(
      stages.map((stage) => [
        stage,
        new DueSource(open(retryTopicOf(topic, stage), `${group}.retry.${stage}`), trail, {
          group,
          longestMs: delaysMs[stage - 1]! + CLOCKS_MS,
        }),
      ]),
    );
    const metrics = new FailureMetrics(registry, retries);
    this.#failures = new KafkaFailures(
      { brokers, clientId, topic, delaysMs, group, release, replication },
      {
        failed: async (failures) => {
          await trail.failed(failures);
          metrics.failed(failures);
        },
      },
    );
    this.deadLetters = {
      send: async (letters) => this.#failures.send(await withoutPassed(letters, options)),
    };
    this.retries = retries;
    this.#topic = new LetterTopic({ brokers, clientId, topic });
    this.#healing = new SelfHealing({ topic: this.#topic, store }, db, input, release, log);
    this.#signal = signal;
  }

  /** Makes the topics that are missing. Throws KafkaUnavailableError. */
  prepare(): Promise<void> {
    return this.#failures.prepare();
  }

  /** Begins to look for letters of older releases. */
  heal(): void {
    this.#work = this.#healing.run(this.#signal);
  }

  /** Ends the work. Call it once the signal has aborted. */
  async close(): Promise<void> {
    await this.#work;
    await Promise.all([this.#failures.close(), this.#topic.close()]);
  }
}
