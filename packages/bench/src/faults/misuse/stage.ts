import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectShardRouter,
  type RouterOptions,
  type ShardConfig,
  type ShardRouter,
  type Statement,
} from '@ordershard/shard-router';
import type { Findings } from '../findings.ts';
import type { Seeded } from '../seeded.ts';
import type { Truth } from './check/truth.ts';
import type { Claim, Claims, UseRow } from './claims.ts';
import { CLUSTER, setByHand } from './cluster.ts';
import { codeOf, isTyped, messageOf, type Outcome } from './outcome.ts';

/** How long a call may be without an answer, milliseconds. It bounds a hang, on a machine that may be busy. */
const ANSWER_MS = 20_000;

/** How a watched call ended. */
export type Watched<T> =
  | { readonly outcome: 'acknowledged'; readonly value: T }
  | { readonly outcome: Exclude<Outcome, 'acknowledged'>; readonly error: unknown };

export interface UseStageOptions {
  readonly name: string;
  readonly router: ShardRouter;
  readonly shards: readonly ShardConfig[];
  readonly truth: Truth;
  readonly claims: Claims;
  readonly findings: Findings;
  readonly random: Seeded;
  /**
   * The buckets whose fences a use under way sets by hand, of all uses. Two uses that set the same fences would make two
   * owners.
   */
  readonly setByHand: Set<number>;
}

let rows = 0;

/** What one wrong use is done on. */
export class UseStage {
  /** The router that honest callers use too. */
  readonly router: ShardRouter;
  readonly truth: Truth;
  readonly random: Seeded;
  readonly shards: readonly ShardConfig[];
  /** Calls that were refused by type. */
  refused = 0;
  readonly #name: string;
  readonly #claims: Claims;
  readonly #findings: Findings;
  readonly #claimed: Claim[] = [];
  readonly #guests: ShardRouter[] = [];
  readonly #setByHand: Set<number>;
  /** The buckets whose fences this use sets by hand. */
  readonly #own = new Set<number>();

  constructor(options: UseStageOptions) {
    const { name, router, shards, truth, claims, findings, random } = options;
    this.#setByHand = options.setByHand;
    this.#name = name;
    this.router = router;
    this.shards = shards;
    this.truth = truth;
    this.random = random;
    this.#claims = claims;
    this.#findings = findings;
  }

  /** A router for this use alone, for work that must not make other callers wait. */
  async guest(options: Partial<RouterOptions> = {}): Promise<ShardRouter> {
    const guest = await connectShardRouter({
      clusterId: CLUSTER,
      shards: this.shards,
      numbers: false,
      mapPollMs: 500,
      drainMs: 500,
      ...options,
    });
    this.#guests.push(guest);
    return guest;
  }

  /**
   * Draws a number that lives on a shard, any by default. `byHand`: one of a bucket whose fences only this use may set by
   * hand.
   */
  number({ on, byHand = false }: { readonly on?: number; readonly byHand?: boolean } = {}): bigint {
    for (;;) {
      const number = this.router.drawNumber(on ?? this.random.pick(this.router.allShards()));
      const bucket = this.router.bucketOf(number);
      if (setByHand(bucket) !== byHand) continue;
      if (!byHand) return number;
      if (this.#setByHand.has(bucket) && !this.#own.has(bucket)) continue;
      this.#setByHand.add(bucket);
      this.#own.add(bucket);
      return number;
    }
  }

  /** A row to write: of `number`, or of one that is drawn. */
  row(number: bigint = this.number(), body = 'x'): UseRow {
    rows += 1;
    return { number, id: `${this.#name} ${rows}`, bucket: this.router.bucketOf(number), body };
  }

  /** Makes a call that is to write rows, and notes its answer for each of them. */
  async attempt(written: readonly UseRow[], call: () => unknown): Promise<Watched<unknown>> {
    const watched = await this.watch(call);
    this.claim(written, watched.outcome);
    return watched;
  }

  /** Notes the answer to the call that was to write rows. */
  claim(written: readonly UseRow[], outcome: Outcome): void {
    for (const row of written) this.#claimed.push({ use: this.#name, row, outcome });
  }

  /** Makes a call. One that is never answered, or refused without a type, is a violation. */
  async watch<T>(call: () => T | PromiseLike<T>): Promise<Watched<T>> {
    const hang = new AbortController();
    const asked = (async () => call())();
    try {
      const value = await Promise.race([asked, unanswered(hang.signal)]);
      return { outcome: 'acknowledged', value };
    } catch (error) {
      if (error instanceof UnansweredError) {
        asked.catch(() => undefined);
        this.violation(error.message);
        return { outcome: 'unknown', error };
      }
      if (codeOf(error) === 'ROUTER_UNKNOWN_OUTCOME') return { outcome: 'unknown', error };
      if (isTyped(error)) this.refused += 1;
      else this.violation(`refused without a type: ${messageOf(error)}`);
      return { outcome: 'refused', error };
    } finally {
      hang.abort();
    }
  }

  /** Adds a finding: a wrong use was neither refused nor right. */
  violation(detail: string): void {
    this.#findings.add('misjudged', this.#name, detail);
  }

  /** Ends what the use has opened, and compares its rows with the answers that it got. */
  async end(): Promise<void> {
    for (const guest of this.#guests) await this.watch(() => guest.close());
    await this.#claims.judge(this.truth, this.#claimed);
    for (const bucket of this.#own) this.#setByHand.delete(bucket);
  }
}

/** A call had no answer. */
class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
  readonly code = 'FAULTS_UNANSWERED';
}

async function unanswered(signal: AbortSignal): Promise<never> {
  await sleep(ANSWER_MS, undefined, { signal });
  throw new UnansweredError(`a call was not answered within ${ANSWER_MS / 1_000} s`);
}

/** The statement that writes a row of a wrong use. */
export function insertOf({
  number,
  id,
  bucket,
  body,
}: UseRow): Statement & { readonly values: [bigint, string, number, string] } {
  return {
    sql: 'INSERT INTO uses (number, id, bucket, body) VALUES (?, ?, ?, ?)',
    values: [number, id, bucket, body],
  };
}

/** The answer in short: proof that a call was made. */
export function told(watched: Watched<unknown>): string {
  return watched.outcome === 'acknowledged' ? 'done' : codeOf(watched.error);
}
