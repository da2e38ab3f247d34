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

/** MySQL's error code for a session that lacks the privilege for a statement. */
const NO_PRIVILEGE = 1227;

/** Looks at the open transactions of a shard, for all tables that one relay has there. */
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

  /** The result of the last successful look. */
  get latest(): TransactionProbe | undefined {
    return this.#latest;
  }

  /** Whether the server lets this user see transactions, as far as is known. The user needs the PROCESS privilege for it. */
  get allowed(): boolean {
    return this.#allowed;
  }

  /** Looks now. When the server cannot answer yet, the latest result stays, and a later call brings a new one. */
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

  /** Describes the oldest transaction that writes, in words; undefined when it is not known. */
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
