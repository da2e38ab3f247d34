import { type ShardRouter, sql } from '@ordershard/shard-router';
import type { Calls } from './call.ts';
import type { HonestJournal } from './journal.ts';

/** Counts up one row by merged writes that cannot be told apart: each must be applied once, or say that it may not be. */
export class CounterCaller {
  readonly #router: ShardRouter;
  readonly #calls: Calls;
  readonly #number: bigint;
  readonly #counts: { acknowledged: number; unknown: number };

  constructor(router: ShardRouter, journal: HonestJournal, calls: Calls, number: bigint) {
    this.#router = router;
    this.#calls = calls;
    this.#number = number;
    this.#counts = { acknowledged: 0, unknown: 0 };
    journal.counters.set(number, this.#counts);
  }

  async prepare(): Promise<void> {
    const number = this.#number;
    await this.#router.write({ number, fresh: true }, ({ bucket }) => ({
      statements: [sql`INSERT INTO counters (number, bucket, n) VALUES (${number}, ${bucket}, 0)`],
      already: sql`SELECT n FROM counters WHERE number = ${number}`,
    }));
  }

  async next(): Promise<void> {
    const number = this.#number;
    let unknown = false;
    const made = await this.#calls.make(
      `counter ${number}`,
      () =>
        this.#router.write({ number }, () => ({
          statements: [sql`UPDATE counters SET n = n + 1 WHERE number = ${number}`],
        })),
      () => {
        unknown = true;
        return false;
      },
    );
    if (unknown) this.#counts.unknown += 1;
    else if (made) this.#counts.acknowledged += 1;
  }
}
