import { RETRY_STAGES } from '@ordershard/order-events';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { DeadLetter } from '../projector/message.ts';
import type { DueSource } from './due-source.ts';
import type { Stop } from './route.ts';

/**
 * Metrics of the messages that fail in a projector. Waiting messages count only in the partitions that the projector has now.
 */
export class FailureMetrics {
  readonly #retries: Counter<'stage'>;
  readonly #letters: Counter<'reason'>;

  constructor(registry: Registry, waiting: ReadonlyMap<number, Pick<DueSource, 'waiting'>>) {
    const registers = [registry];
    this.#retries = new Counter({
      name: 'ordershard_read_model_retries_total',
      help: 'Messages that failed and are tried again, by the retry topic that they went to.',
      labelNames: ['stage'],
      registers,
    });
    this.#letters = new Counter({
      name: 'ordershard_read_model_dead_letters_total',
      help: 'Messages that became dead letters, by the code of the reason.',
      labelNames: ['reason'],
      registers,
    });
    for (let stage = 1; stage <= RETRY_STAGES; stage += 1) this.#retries.inc({ stage }, 0);
    const messages = new Gauge({
      name: 'ordershard_read_model_retry_waiting',
      help: 'Messages that wait here for their next try.',
      labelNames: ['stage'],
      registers,
      collect: () => {
        for (const [stage, source] of waiting) messages.set({ stage }, source.waiting.messages);
      },
    });
    const oldest = new Gauge({
      name: 'ordershard_read_model_retry_oldest_seconds',
      help: 'Seconds since the oldest message that waits here failed at first.',
      labelNames: ['stage'],
      registers,
      collect: () => {
        for (const [stage, source] of waiting) {
          const since = source.waiting.oldest;
          oldest.set({ stage }, since === undefined ? 0 : Math.max(0, Date.now() - since.getTime()) / 1_000);
        }
      },
    });
  }

  /** Counts messages that failed. */
  failed(failures: readonly { readonly letter: DeadLetter; readonly stop: Stop }[]): void {
    for (const { stop } of failures) {
      if (stop.stage !== undefined) this.#retries.inc({ stage: stop.stage });
      else this.#letters.inc({ reason: /^[A-Z_]+(?=:)/.exec(stop.provenance.reason)?.[0] ?? 'other' });
    }
  }
}
