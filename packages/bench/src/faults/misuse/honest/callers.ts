import type { ShardRouter } from '@ordershard/shard-router';
import type { Findings } from '../../findings.ts';
import { type Seeded, seededFrom } from '../../seeded.ts';
import { setByHand } from '../cluster.ts';
import { Calls } from './call.ts';
import { CounterCaller } from './counters.ts';
import { HonestJournal } from './journal.ts';
import { OrderCaller } from './orders.ts';
import { TransferCaller } from './transfers.ts';

const ORDERS = 12;
const COUNTERS = 10;
const TRANSFERS = 10;

interface Caller {
  prepare?(): Promise<void>;
  next(): Promise<void>;
}

/** Callers that use the router as it is meant, each with one call at a time. */
export class HonestCallers {
  readonly journal = new HonestJournal();
  readonly #calls: Calls;
  readonly #callers: readonly Caller[];
  #working: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(router: ShardRouter, random: Seeded, findings: Findings) {
    this.#calls = new Calls(findings);
    const { journal } = this;
    const calls = this.#calls;
    const draw = () => {
      for (;;) {
        const number = router.drawNumber(random.pick(router.allShards()));
        if (!setByHand(router.bucketOf(number))) return number;
      }
    };
    this.#callers = [
      ...Array.from({ length: ORDERS }, (_, at) => new OrderCaller(router, journal, calls, `caller-${at}`)),
      ...Array.from({ length: COUNTERS }, () => new CounterCaller(router, journal, calls, draw())),
      ...Array.from(
        { length: TRANSFERS },
        () => new TransferCaller(router, journal, calls, seededFrom(random), draw()),
      ),
    ];
  }

  /** Calls that were acknowledged. */
  get acknowledged(): number {
    return this.#calls.acknowledged;
  }

  /** How often calls were refused and made again, by code. */
  get askedAgain(): ReadonlyMap<string, number> {
    return this.#calls.askedAgain;
  }

  async start(): Promise<void> {
    await Promise.all(this.#callers.map(async (caller) => caller.prepare?.()));
    this.#working = Promise.all(
      this.#callers.map(async (caller) => {
        while (!this.#ended) await caller.next();
      }),
    );
  }

  /** Resolves when every caller has its last answer. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#working;
  }
}
