import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { probeTransactions } from '../../sql/probe-transactions.ts';
import type { Shards } from '../shards.ts';
import type { TransactionProbe } from './watermark.ts';

/**
 * How often a shard's open transactions are looked at, while any of its tables has a gap. One look for all tables of a
 * relay, and not often: the server shows nothing new to those who ask more than ten times a second, all together.
 */
export const PROBE_MS = 500;

/** Looks at a shard's open transactions for all the tables that one relay has there. */
export class TransactionWatch {
  readonly #shards: Shards;
  readonly #shard: number;
  #latest: TransactionProbe | undefined;

  constructor(shards: Shards, shard: number) {
    this.#shards = shards;
    this.#shard = shard;
  }

  /** What was seen last. */
  get latest(): TransactionProbe | undefined {
    return this.#latest;
  }

  /** Looks now. What the server cannot tell yet is told at a later call. */
  async look(): Promise<void> {
    const startedAt = performance.now();
    const seen = await this.#shards.onShard(this.#shard, (session) =>
      probeTransactions(session, randomUUID()),
    );
    if (seen !== undefined) this.#latest = { startedAt, ...seen };
  }
}
