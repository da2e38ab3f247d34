import { Findings } from '../check/findings.ts';
import { Ledger } from '../check/ledger.ts';
import { PersonalTexts } from '../check/search-logs.ts';
import type { Ownership } from '../check/ownership.ts';
import { Visibility } from '../watch/visibility.ts';
import type { ApiClient } from './api-client.ts';
import { CallFailedError, InterruptedError } from './errors.ts';
import type { Arrival } from './play-day.ts';
import { playLife, type Stage } from './play-life.ts';
import type { Tokens } from './tokens.ts';

export interface ShiftOptions {
  readonly client: ApiClient;
  readonly tokens: Tokens;
  readonly ownership: Ownership;
  readonly shards: number;
  readonly signal: AbortSignal;
  /** Shops that could not be registered, with the reason. */
  readonly refusedShops: ReadonlyMap<string, string>;
  /** Called for rows of the input file that the API refuses. */
  readonly refuse: (line: number, reason: string) => void;
}

/** Leads lives and records the day: what was acknowledged, what failed, and when each change became visible. */
export class Shift {
  readonly findings = new Findings();
  readonly ledger = new Ledger(this.findings);
  readonly visibility = new Visibility();
  /** Texts of members that no log may have. */
  readonly personal = new PersonalTexts();
  /** Calls that never got their answer. */
  readonly failures: string[] = [];
  readonly counters = { surprises: 0 };
  /** Orders acknowledged so far, by the shard that owns them. */
  readonly perShard: number[];
  readonly #stage: Stage;
  readonly #options: ShiftOptions;

  constructor(options: ShiftOptions) {
    this.#options = options;
    const { client, tokens, signal } = options;
    this.perShard = Array.from({ length: options.shards }, () => 0);
    this.#stage = {
      client,
      tokens,
      signal,
      ledger: this.ledger,
      findings: this.findings,
      counters: this.counters,
      acknowledged: (number, version) => this.#acknowledged(number, version),
    };
  }

  /** Leads one life to its end. Never throws: it notes failures. */
  async lead({ life, line }: Arrival): Promise<void> {
    const { refusedShops, refuse } = this.#options;
    const shopRefusal = refusedShops.get(life.basket.shopId);
    if (line !== undefined && shopRefusal !== undefined) {
      refuse(line, `shop ${life.basket.shopId} was refused: ${shopRefusal}`);
      return;
    }
    this.personal.add(life.basket);
    try {
      await playLife(this.#stage, life);
    } catch (error) {
      if (error instanceof InterruptedError) return;
      if (line !== undefined && isRefusedOrder(error)) refuse(line, `the API refused it: ${error.detail}`);
      else
        this.failures.push(
          `order ${life.index}: ${error instanceof CallFailedError ? error.message : String((error as Error).stack)}`,
        );
    }
  }

  #acknowledged(number: string, version: number): void {
    this.visibility.acknowledged(number, version, performance.now());
    if (version > 1) return;
    const shard = this.#options.ownership.shardOf(number);
    if (shard !== undefined) this.perShard[shard]! += 1;
  }
}

/** Whether the API refused an order. The order then does not exist, and its key stays free. */
function isRefusedOrder(error: unknown): error is CallFailedError {
  if (!(error instanceof CallFailedError) || error.request !== 'POST /v1/orders') return false;
  return error.status !== undefined && error.status >= 400 && error.status < 500;
}
