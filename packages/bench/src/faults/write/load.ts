import { Beat } from './beat.ts';
import type { Client } from './client.ts';
import type { Seeded } from '../seeded.ts';
import { COMMANDS, placementKey } from './plan.ts';

const CALLERS = 32;
/** Share of requests that place an order; the others change one. */
const PLACING = 0.45;
/** Share of changes that two callers ask for at once; one of the two has to be refused. */
const RIVALS = 0.06;
/** Share of requests that are asked for again although they were answered. */
const REPEATS = 0.04;
/** Orders that a caller has in hand. */
const IN_HAND = 12;

/** An order on its way, and how many commands it has been given. */
export interface OpenOrder {
  readonly key: string;
  readonly number: string;
  steps: number;
}

/** Callers that place orders and change them, all at once on each beat, one request each at a time. */
export class Load {
  readonly #client: Client;
  readonly #random: Seeded;
  readonly #beat = new Beat();
  /** How many of the callers make requests; the others wait until they are among them. */
  callersAtWork = Infinity;
  readonly #open: OpenOrder[][] = Array.from({ length: CALLERS }, () => []);
  #placed = 0;
  #changed = 0;
  #resumed: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #working = 0;
  #callers: readonly Promise<void>[] = [];
  #ending = false;

  constructor(client: Client, random: Seeded) {
    this.#client = client;
    this.#random = random;
  }

  /** Sets the callers to work. The returned promise rejects if one of them fails. */
  start(): Promise<unknown> {
    this.#callers = this.#open.map((_, caller) => this.#run(caller));
    return Promise.all(this.#callers);
  }

  /** Lets every caller finish what it is at, and holds them until {@link resume}. */
  async pause(): Promise<void> {
    this.#resumed ??= new Promise((resolve) => (this.#resume = resolve));
    while (this.#working > 0) await this.#beat.next();
  }

  resume(): void {
    this.#resumed = undefined;
    this.#resume?.();
  }

  /** Lets every caller finish, for good. */
  async end(): Promise<void> {
    this.#ending = true;
    this.resume();
    await Promise.allSettled(this.#callers);
  }

  /** Makes the callers let go of orders that something has happened to. */
  forget(isGone: (number: string) => boolean): void {
    for (const [caller, orders] of this.#open.entries())
      this.#open[caller]!.splice(0, orders.length, ...orders.filter(({ number }) => !isGone(number)));
  }

  /** The key of a placement that no caller makes. */
  nextKey(): string {
    this.#placed += 1;
    return placementKey(this.#placed);
  }

  /** Takes an order for which there is a next command out of a caller's hands. */
  async reserve(fits: (order: OpenOrder) => boolean = () => true): Promise<OpenOrder> {
    for (;;) {
      for (const orders of this.#random.shuffled(this.#open)) {
        const at = orders.findIndex((order) => order.steps < COMMANDS.length && fits(order));
        if (at >= 0) return orders.splice(at, 1)[0]!;
      }
      await this.#beat.next();
    }
  }

  /** Like {@link advance}, together with what the callers ask for next. */
  async advanceOnBeat(order: OpenOrder): Promise<void> {
    await this.#beat.next();
    await this.advance(order);
  }

  /**
   * Gives an order its next command, and also writes to it without a read before. This write meets a fence, while the command
   * waits at its read. It inserts the order again, and is refused in the end.
   */
  async advanceAtFence(order: OpenOrder): Promise<void> {
    const { number } = order;
    const key = `again-${this.nextKey()}`;
    const again = this.#client.request({ kind: 'poison', key, poison: 'duplicate', number });
    await Promise.all([this.advanceOnBeat(order), again]);
  }

  /** Places an order together with what the callers ask for next. */
  async placeOnBeat(key: string): Promise<void> {
    await this.#beat.next();
    await this.#client.expect({ kind: 'place', key });
  }

  /** Gives an order its next command, and resolves when that is done. */
  async advance(order: OpenOrder): Promise<void> {
    const step = COMMANDS[order.steps]!;
    order.steps += 1;
    await this.#client.expect({ kind: 'change', key: this.#changeKey(), number: order.number, step });
  }

  async #run(caller: number): Promise<void> {
    const mine = this.#open[caller]!;
    for (;;) {
      await this.#resumed;
      await this.#beat.next();
      if (this.#ending) return;
      if (this.#resumed !== undefined || caller >= this.callersAtWork) continue;
      this.#working += 1;
      try {
        await this.#one(mine);
      } finally {
        this.#working -= 1;
      }
    }
  }

  async #one(mine: OpenOrder[]): Promise<void> {
    const at = this.#random.between(0, Math.max(1, mine.length));
    const order = mine[at];
    if (order === undefined || this.#random.chance(PLACING)) {
      await this.#place(mine);
    } else if (order.steps === COMMANDS.length) {
      mine.splice(at, 1);
    } else {
      // No other caller may take it meanwhile.
      mine.splice(at, 1);
      await (this.#random.chance(RIVALS) ? this.#compete(order) : this.advance(order));
      if (mine.length < IN_HAND) mine.push(order);
    }
  }

  async #place(mine: OpenOrder[]): Promise<void> {
    const key = this.nextKey();
    const placed = await this.#client.expect({ kind: 'place', key });
    if (!placed.ok) return;
    if (this.#random.chance(REPEATS)) await this.#client.expect({ kind: 'place', key });
    if (mine.length < IN_HAND) mine.push({ key, number: placed.number, steps: 0 });
  }

  /** Two ask for the same change of one order under keys of their own. */
  async #compete(order: OpenOrder): Promise<void> {
    const step = COMMANDS[order.steps]!;
    order.steps += 1;
    await Promise.all(
      [0, 1].map(() =>
        this.#client.request({ kind: 'change', key: this.#changeKey(), number: order.number, step }),
      ),
    );
  }

  #changeKey(): string {
    this.#changed += 1;
    return `c-${this.#changed}`;
  }
}
