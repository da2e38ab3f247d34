import { type ShardRouter, sql } from '@ordershard/shard-router';
import { setByHand } from '../cluster.ts';
import type { Calls } from './call.ts';
import type { HonestJournal } from './journal.ts';

const LIFETIME_MS = 3_600_000;

/** Places orders by merged writes, each under a key of its own. */
export class OrderCaller {
  readonly #router: ShardRouter;
  readonly #journal: HonestJournal;
  readonly #calls: Calls;
  readonly #name: string;
  #placed = 0;

  constructor(router: ShardRouter, journal: HonestJournal, calls: Calls, name: string) {
    this.#router = router;
    this.#journal = journal;
    this.#calls = calls;
    this.#name = name;
  }

  async next(): Promise<void> {
    const key = `${this.#name}-${this.#placed}`;
    this.#placed += 1;
    let number: bigint | undefined;
    const placed = await this.#calls.make(`order ${key}`, async () => (number = await this.#place(key)));
    if (placed) this.#journal.orders.set(key, number!);
    else this.#journal.unknownOrders.add(key);
  }

  /** @returns the number under which it is there */
  async #place(key: string): Promise<bigint> {
    const router = this.#router;
    const number = this.#draw(key);
    const keyGeneration = router.keyGenerationOf(number);
    const query = sql<{ number: string }>`SELECT number FROM own_keys WHERE own_key = ${key}`;
    const earlier = await router.readEarlier(key, { number, lifetimeMs: LIFETIME_MS }, query);
    if (earlier !== undefined) return BigInt(earlier.number);
    const outcome = await router.write<{ number: string }>(
      { number, key, keyGeneration, fresh: true },
      ({ bucket, keyBucket, keyGeneration: generation }) => ({
        statements: [
          sql`INSERT INTO own_keys (own_key, key_generation, bucket, number) VALUES (${key}, ${generation}, ${keyBucket!}, ${number})`,
          sql`INSERT INTO own_orders (number, bucket, own_key) VALUES (${number}, ${bucket}, ${key})`,
        ],
        already: query,
      }),
    );
    return outcome.applied ? number : BigInt(outcome.row.number);
  }

  #draw(key: string): bigint {
    for (;;) {
      const number = this.#router.drawNumberFor(key);
      if (!setByHand(this.#router.bucketOf(number))) return number;
    }
  }
}
