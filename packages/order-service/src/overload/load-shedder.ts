import { AdaptiveLimit } from './adaptive-limit.ts';
import { Shares } from './shares.ts';

/** What a request is for. */
export type RequestClass =
  /** A new order: shed first. */
  | 'new'
  /** What goes on with orders that are there. */
  | 'ongoing'
  /** Many changes in one request, which wait for turns of their own: it takes as long as there are many. */
  | 'bulk';

export interface LoadShedderOptions {
  /** What nine of ten requests should be answered within, milliseconds. */
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
 * Lines of bulk requests that run at once: beside single requests, and where none has come or gone for a while. Beside sixteen
 * the p50 of another member was up to three times what it is without them; two are hardly felt, and get as much done where the
 * processors are what all wait for (`npm run bench -- neighbours`).
 */
const LINES = { besideOthers: 2, alone: 16, aloneAfterMs: 1_000 } as const;

/** Of the limit, how much each class may take: new orders leave some to what goes on, bulk requests most of it to both. */
const ROOM: Readonly<Record<RequestClass, number>> = { new: 0.9, ongoing: 1, bulk: 0.25 };

export interface OverloadStatus {
  readonly limit: number;
  readonly underWay: number;
  readonly shed: number;
}

/**
 * Decides which requests are taken. Nothing waits here: what there is no room for is refused at once. When it gets tight,
 * a caller who holds more than a fair share of the room is refused before others are.
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
   * Takes a request, and returns what is to be called when it is over, of which the first call counts; undefined when
   * there is no room.
   *
   * @param caller who is to have a fair share of the room; undefined for anybody
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
      // How long many changes take says nothing of how long one does.
      if (isBulk) {
        this.#bulk.giveBack(caller);
        return;
      }
      this.#lastSingle = now;
      this.#limit.answered(now - begun, now);
    };
  }

  /** How many more of a kind would be taken now, of callers who hold little. */
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
