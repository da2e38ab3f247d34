import { AdaptiveLimit } from './adaptive-limit.ts';
import { Shares } from './shares.ts';

/** What a request is for. */
export type RequestClass =
  /** A new order: shed first. */
  | 'new'
  /** Work on orders that exist. */
  | 'ongoing'
  /**
   * Many changes in one request. They wait for turns of their own, so the request takes longer the more changes there are.
   */
  | 'bulk';

export interface LoadShedderOptions {
  /** Nine of ten requests should be answered within this time, milliseconds. */
  readonly targetMs: number;
  /** Requests under way at once, at the most. */
  readonly most: number;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
}

/** Requests under way at once that are always let in. */
const LEAST = 32;
const INITIAL = 128;

/**
 * How many lines of bulk requests run at once: beside single requests, and when no single request has come or gone for a
 * while. With sixteen lines, the p50 of another member was up to three times its p50 without them. Two lines are hardly felt,
 * and get as much done when the processors are the bottleneck (`npm run bench -- neighbours`).
 */
const LINES = { besideOthers: 2, alone: 16, aloneAfterMs: 1_000 } as const;

/**
 * The part of the limit that each class may take. New orders leave some to ongoing work; bulk requests leave most of it to
 * both.
 */
const ROOM: Readonly<Record<RequestClass, number>> = { new: 0.9, ongoing: 1, bulk: 0.25 };

export interface OverloadStatus {
  readonly limit: number;
  readonly underWay: number;
  readonly shed: number;
}

/**
 * Decides which requests are taken. No request waits here: without room it is refused at once. When room gets tight, a caller
 * that holds more than a fair share of it is refused before others are.
 */
export class LoadShedder {
  readonly #limit: AdaptiveLimit;
  readonly #now: () => number;
  readonly #all = new Shares();
  readonly #bulk = new Shares();
  #shed = 0;
  #lastSingle = Number.NEGATIVE_INFINITY;

  constructor({ targetMs, most, now = () => performance.now() }: LoadShedderOptions) {
    this.#now = now;
    this.#limit = new AdaptiveLimit(
      { targetMs, most, least: Math.min(LEAST, most), initial: Math.min(INITIAL, most) },
      now(),
    );
  }

  /**
   * Takes a request, and returns a function to call when the request is over, of which only the first call counts. Returns
   * undefined when there is no room.
   *
   * @param caller the caller that gets a fair share of the room; undefined for anybody
   */
  take(kind: RequestClass, caller?: string): (() => void) | undefined {
    const isBulk = kind === 'bulk';
    const takes =
      this.#all.allows(caller, this.#roomOf(isBulk ? 'ongoing' : kind)) &&
      (!isBulk || this.#bulk.allows(caller, this.#roomOf('bulk')));
    if (!takes) {
      this.#shed += 1;
      return undefined;
    }
    this.#all.take(caller);
    if (isBulk) this.#bulk.take(caller);
    this.#limit.begun(this.#all.total);
    const begun = this.#now();
    if (!isBulk) this.#lastSingle = begun;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#all.giveBack(caller);
      const now = this.#now();
      // The duration of a bulk request says nothing about that of a single one.
      if (isBulk) {
        this.#bulk.giveBack(caller);
        return;
      }
      this.#lastSingle = now;
      this.#limit.answered(now - begun, now);
    };
  }

  /** How many more requests of a kind would be taken now, from callers that hold little room. */
  room(kind: RequestClass): number {
    return this.#roomOf(kind) - (kind === 'bulk' ? this.#bulk : this.#all).total;
  }

  /** How many lines of bulk requests may run at once. */
  get linesAtOnce(): number {
    const isAlone = this.#now() - this.#lastSingle >= LINES.aloneAfterMs;
    return isAlone ? LINES.alone : LINES.besideOthers;
  }

  get status(): OverloadStatus {
    return { limit: this.#limit.value, underWay: this.#all.total, shed: this.#shed };
  }

  #roomOf(kind: RequestClass): number {
    return Math.ceil(this.#limit.value * ROOM[kind]);
  }
}
