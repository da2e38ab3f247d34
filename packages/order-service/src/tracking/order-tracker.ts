import type { OrderSnapshot } from '@ordershard/order-events';
import type { OrderViews } from '../views/order-views.ts';
import { TooManyOwnTrackersError, TooManyTrackersError } from './errors.ts';

export interface TrackerOptions {
  /** The pause between two looks at the views. Milliseconds. */
  readonly pollMs?: number;
  /** How many may follow orders at once. */
  readonly limit?: number;
}

/** Called with each version of a followed order that is newer than those before. Must not throw. */
export type Follower = (order: OrderSnapshot) => void;

/** The caller that a stream belongs to, and how many streams that caller may have. */
export interface Owner {
  readonly id: string;
  /** 0 for no limit. */
  readonly most: number;
}

/** Numbers that one query asks for. */
const BATCH = 1_000;

/**
 * Tells followers of orders about new versions. One loop serves the whole process: it asks for the versions of the followed
 * orders, and reads the orders that have changed. A change stream of MongoDB would send each process every change of every
 * order, while this loop costs only as much as callers follow. A change stream would also have to be reopened, without a gap,
 * when a rebuild switches to another collection.
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
   * Calls `follower` with versions of an order above `version`, until the returned function is called.
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
    // The follower that has seen least decides what is new; the others skip what they know.
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
        // MongoDB does not answer: the next look reports what this one missed.
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
