import { type ShardRouter, sql } from '@ordershard/shard-router';
import type { Seeded } from '../../seeded.ts';
import { codeOf } from '../outcome.ts';
import type { Calls } from './call.ts';
import type { HonestJournal } from './journal.ts';

/** Accounts of each number. */
export const ACCOUNTS = 4;
/** What each of them holds at first. */
export const AMOUNT = 1_000;

const BOOK = 'INSERT INTO transfers (number, transfer, bucket, amount) VALUES (?, ?, ?, ?)';
const ADD = 'UPDATE accounts SET amount = amount + ? WHERE number = ? AND account = ?';

/** Takes amounts from one account to another of the same number, in transactions of several statements. */
export class TransferCaller {
  readonly #router: ShardRouter;
  readonly #calls: Calls;
  readonly #random: Seeded;
  readonly #number: bigint;
  readonly #booked = new Map<number, number>();
  #next = 0;

  constructor(router: ShardRouter, journal: HonestJournal, calls: Calls, random: Seeded, number: bigint) {
    this.#router = router;
    this.#calls = calls;
    this.#random = random;
    this.#number = number;
    journal.transfers.set(number, this.#booked);
  }

  async prepare(): Promise<void> {
    const number = this.#number;
    await this.#router.transaction({ number, fresh: true }, async (tx) => {
      for (let account = 0; account < ACCOUNTS; account += 1)
        await tx.execute('INSERT INTO accounts (number, account, bucket, amount) VALUES (?, ?, ?, ?)', [
          number,
          account,
          tx.bucket,
          AMOUNT,
        ]);
    });
  }

  async next(): Promise<void> {
    const transfer = this.#next;
    this.#next += 1;
    const from = this.#random.between(0, ACCOUNTS);
    const to = (from + 1) % ACCOUNTS;
    const amount = this.#random.between(1, 50);
    let doubt = false;
    const made = await this.#calls.make(
      `transfer ${transfer} of ${this.#number}`,
      async () => {
        if (doubt && (await this.#isBooked(transfer))) return;
        await this.#transfer(transfer, from, to, amount).catch((error: unknown) => {
          // It was booked by an attempt of unknown outcome.
          if (!(doubt && codeOf(error) === 'ROUTER_DUPLICATE_ROW')) throw error;
        });
      },
      () => (doubt = true),
    );
    if (made) this.#booked.set(transfer, amount);
  }

  async #transfer(transfer: number, from: number, to: number, amount: number): Promise<void> {
    const number = this.#number;
    await this.#router.transaction({ number }, async (tx) => {
      await tx.execute(BOOK, [number, transfer, tx.bucket, amount]);
      await tx.execute(ADD, [-amount, number, from]);
      await tx.execute(ADD, [amount, number, to]);
    });
  }

  async #isBooked(transfer: number): Promise<boolean> {
    const rows = await this.#router.readRows(
      this.#number,
      sql`SELECT amount FROM transfers WHERE number = ${this.#number} AND transfer = ${transfer}`,
    );
    return rows.length > 0;
  }
}
