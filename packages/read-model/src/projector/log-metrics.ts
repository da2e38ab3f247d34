import { Counter, type Registry } from 'prom-client';
import type { LogChange } from './log-change.ts';

/** Counts logs that changed under what a projector had read of them. */
export class LogMetrics {
  readonly #changes: Counter<'topic' | 'kind'>;

  constructor(registry: Registry) {
    this.#changes = new Counter({
      name: 'ordershard_read_model_log_changes_total',
      help: 'Partitions whose log was found expired, truncated or remade under what was read of it.',
      labelNames: ['topic', 'kind'],
      registers: [registry],
    });
  }

  /** Takes in a change. */
  changed({ topic, kind }: LogChange): void {
    this.#changes.inc({ topic, kind });
  }
}
