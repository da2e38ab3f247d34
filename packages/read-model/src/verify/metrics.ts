import { Gauge, Registry } from 'prom-client';
import { DIFFERENCES } from './judge.ts';
import type { PassProgress } from './progress.ts';

const COUNTS = [...DIFFERENCES, 'unsettled', 'repaired', 'expired'] as const;

/**
 * The result of the last whole pass over the views, for alarms. Before the first pass has ended there are no counts by kind.
 */
export class VerifyMetrics {
  readonly #registry = new Registry();
  readonly #counts: Gauge<'kind'>;
  readonly #checked: Gauge;
  readonly #ended: Gauge;
  readonly #problem: Gauge;

  constructor() {
    const registers = [this.#registry];
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    this.#counts = new Gauge<'kind'>({
      name: 'ordershard_read_model_verify_views',
      help: 'Views by what the last whole pass said of them: differences by kind, unsettled, repaired, expired.',
      labelNames: ['kind'],
      registers,
    });
    this.#checked = gauge(
      'ordershard_read_model_verify_checked',
      'Orders that the last whole pass compared.',
    );
    this.#ended = gauge(
      'ordershard_read_model_verify_ended_timestamp_seconds',
      'When the last whole pass ended, seconds since 1970.',
    );
    this.#problem = gauge(
      'ordershard_read_model_verify_problem',
      '1 while a server keeps verify from its work.',
    );
  }

  /** Takes in a pass that has ended. */
  ended({ counts, updatedAt }: PassProgress): void {
    for (const kind of COUNTS) this.#counts.set({ kind }, counts[kind]);
    this.#checked.set(counts.checked);
    this.#ended.set(updatedAt.getTime() / 1_000);
  }

  problem(is: boolean): void {
    this.#problem.set(is ? 1 : 0);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
