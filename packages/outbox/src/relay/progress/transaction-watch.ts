import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { describeWriter } from '../../sql/describe-writer.ts';
import { probeTransactions } from '../../sql/probe-transactions.ts';
import type { Shards } from '../shards.ts';
import type { TransactionProbe } from './watermark.ts';

/** How often a shard's open transactions are looked at, while any of its tables has a gap: one look for all tables. */
export const PROBE_MS = 500;

/** How long a description of the oldest transaction is kept. */
const DESCRIPTION_MS = 30_000;

/** MySQL's error for a session that has not the privilege for what it asks. */
const NO_PRIVILEGE = 1227;

/** Looks at a shard's open transactions for all the tables that one relay has there. */
export class TransactionWatch {
  readonly #shards: Shards;
  readonly #shard: number;
  #latest: TransactionProbe | undefined;
  #connection: string | undefined;
  #described: { readonly at: number; readonly text: string | undefined } | undefined;
  #allowed = true;

  constructor(shards: Shards, shard: number) {
    this.#shards = shards;
    this.#shard = shard;
  }

  /** What was seen last. */
  get latest(): TransactionProbe | undefined {
    return this.#latest;
  }

  /** Whether the server lets this user see transactions, as far as is known: that takes the PROCESS privilege. */
  get allowed(): boolean {
    return this.#allowed;
  }

  /** Looks now. What the server cannot tell yet is told at a later call. */
  async look(): Promise<void> {
    const startedAt = performance.now();
    try {
      const seen = await this.#shards.onShard(this.#shard, (session) =>
        probeTransactions(session, randomUUID()),
      );
      this.#allowed = true;
      if (seen === undefined) return;
      this.#latest = { startedAt, own: seen.own, oldest: seen.oldest };
      this.#connection = seen.connection;
    } catch (error) {
      if ((error as { readonly errno?: number }).errno !== NO_PRIVILEGE) throw error;
      this.#allowed = false;
    }
  }

  /** The oldest transaction that writes, in words; undefined when it is not known. */
  async describeOldest(): Promise<string | undefined> {
    const now = performance.now();
    if (this.#described !== undefined && now - this.#described.at < DESCRIPTION_MS)
      return this.#described.text;
    const connection = this.#connection;
    const text =
      connection === undefined || !this.#allowed
        ? undefined
        : await this.#shards.onShard(this.#shard, (session) => describeWriter(session, connection));
    this.#described = { at: now, text };
    return text;
  }
}
