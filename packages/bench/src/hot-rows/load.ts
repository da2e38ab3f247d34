import type { ShardRouter } from '@ordershard/shard-router';
import { percentile } from '../measure/percentile.ts';
import type { Journal } from './journal.ts';
import { insertRow, updateRow } from './table.ts';

/** What the callers of other rows had in a window of time. */
export interface Window {
  /** Acknowledged writes a second. */
  readonly perSecond: number;
  /** Latency in milliseconds; a write that has no answer yet counts with the time that it has waited. */
  readonly p50: number;
  readonly p99: number;
  /** Writes that failed. */
  readonly failed: number;
}

/** Callers that insert a row, add to it, and go on with the next one. No other caller uses any of these rows. */
export class Load {
  readonly #router: ShardRouter;
  readonly #shard: number;
  readonly #journal: Journal;
  readonly #callers: Promise<unknown>;
  /** When the writes that are under way began. */
  readonly #underWay = new Set<{ readonly begun: number }>();
  #latencies: number[] = [];
  #failed = 0;
  #ended = false;

  constructor(router: ShardRouter, shard: number, journal: Journal, callers: number) {
    this.#router = router;
    this.#shard = shard;
    this.#journal = journal;
    this.#callers = Promise.all(Array.from({ length: callers }, () => this.#call()));
  }

  /** Measures for as long as `during` takes. */
  async window(during: Promise<unknown>): Promise<Window> {
    this.#latencies = [];
    this.#failed = 0;
    const begun = performance.now();
    await during;
    const ended = performance.now();
    const answered = this.#latencies;
    const latencies = [...answered, ...[...this.#underWay].map((write) => ended - write.begun)];
    return {
      perSecond: (answered.length / (ended - begun)) * 1_000,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      failed: this.#failed,
    };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#callers;
  }

  async #call(): Promise<void> {
    while (!this.#ended) {
      const number = this.#router.drawNumber(this.#shard);
      if (await this.#timed(() => insertRow(this.#router, number)))
        await this.#timed(() => updateRow(this.#router, number));
    }
  }

  async #timed(write: () => Promise<void>): Promise<boolean> {
    const one = { begun: performance.now() };
    this.#underWay.add(one);
    const applied = await this.#journal.book(write);
    this.#underWay.delete(one);
    if (applied) this.#latencies.push(performance.now() - one.begun);
    else this.#failed += 1;
    return applied;
  }
}
