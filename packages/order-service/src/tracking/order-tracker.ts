import type { OrderSnapshot } from '@ordershard/order-events';
import type { OrderViews } from '../views/order-views.ts';
import { TooManyOwnTrackersError, TooManyTrackersError } from './errors.ts';

export interface TrackerOptions {
  /** Between two looks at the views. Milliseconds. */
  readonly pollMs?: number;
  /** How many may follow orders at once. */
  readonly limit?: number;
}

/** Who follows an order: is told of each version that is newer than those before. Must not throw. */
export type Follower = (order: OrderSnapshot) => void;

/** Whose stream it is, and how many such a one may have. */
export interface Owner {
  readonly id: string;
  /** 0 for as many as it likes. */
  readonly most: number;
}

/** Numbers that one query asks for. */
const BATCH = 1_000;

/**
 * Tells followers of orders about new versions. One loop serves all of a process: it asks for the versions of the orders
 * that somebody follows, and reads those that have changed. A change stream of MongoDB would send each process every
 * change of every order, where this costs what is followed; and it would have to be opened anew, without a gap, when a
 * rebuild switches to another collection.
 */
export class OrderTracker {
  readonly #views: Pick<OrderViews, 'versions' | 'find'>;
  readonly #pollMs: number;
  readonly #limit: number;
  readonly #followed = new Map<bigint, { version: number; readonly followers: Set<Follower> }>();
  readonly #countOf = new Map<string, number>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();
  #closed = false;

  constructor(
    views: Pick<OrderViews, 'versions' | 'find'>,
    { pollMs = 250, limit = 1_000 }: TrackerOptions = {},
  ) {
    this.#views = views;
    this.#pollMs = pollMs;
    this.#limit = limit;
  }

  /** How many follow an order now. */
  get count(): number {
    return this.#count;
  }

  /**
   * Tells `follower` of versions of an order above `version`, until the function that is given back is called.
   *
   * @throws TooManyOwnTrackersError, TooManyTrackersError
   */
  follow(number: bigint, version: number, { id, most }: Owner, follower: Follower): () => void {
    const own = this.#countOf.get(id) ?? 0;
    if (most > 0 && own >= most) throw new TooManyOwnTrackersError(most);
    if (this.#count >= this.#limit) throw new TooManyTrackersError(this.#limit);
    this.#count += 1;
    this.#countOf.set(id, own + 1);
    const known = this.#followed.get(number) ?? { version, followers: new Set<Follower>() };
    // Whoever has seen least decides what is news: each follower passes over what it knows.
    known.version = Math.min(known.version, version);
    known.followers.add(follower);
    this.#followed.set(number, known);
    this.#plan();
    return () => {
      if (!known.followers.delete(follower)) return;
      this.#count -= 1;
      const left = this.#countOf.get(id)! - 1;
      if (left === 0) this.#countOf.delete(id);
      else this.#countOf.set(id, left);
      if (known.followers.size === 0 && this.#followed.get(number) === known) this.#followed.delete(number);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#closed || this.#followed.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#timer = undefined;
        this.#plan();
      });
    }, this.#pollMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const numbers = [...this.#followed.keys()];
    for (let at = 0; at < numbers.length && !this.#closed; at += BATCH) {
      try {
        await this.#tell(numbers.slice(at, at + BATCH));
      } catch {
        // MongoDB does not answer: what was missed is told with the next look.
        return;
      }
    }
  }

  async #tell(numbers: readonly bigint[]): Promise<void> {
    for (const [number, version] of await this.#views.versions(numbers)) {
      if (version <= (this.#followed.get(number)?.version ?? Infinity)) continue;
      const order = await this.#views.find(number);
      const known = this.#followed.get(number);
      if (order === undefined || known === undefined) continue;
      known.version = Math.max(known.version, order.version);
      for (const follower of known.followers) follower(order);
    }
  }
}
