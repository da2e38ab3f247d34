import { AdaptiveLimit } from './adaptive-limit.ts';

/** What a request is for. */
export type RequestClass =
  /** A new order: shed first. */
  | 'new'
  /** What goes on with orders that are there. */
  | 'ongoing';

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

/** Of the limit, what new orders leave to what goes on. */
const RESERVED = 0.1;

export interface OverloadStatus {
  readonly limit: number;
  readonly underWay: number;
  readonly shed: number;
}

/** Decides which requests are taken. Nothing waits here: what there is no room for is refused at once. */
export class LoadShedder {
  readonly #limit: AdaptiveLimit;
  readonly #now: () => number;
  #underWay = 0;
  #shed = 0;

  constructor({ targetMs, most, now = () => performance.now() }: LoadShedderOptions) {
    this.#now = now;
    this.#limit = new AdaptiveLimit(
      { targetMs, most, least: Math.min(LEAST, most), initial: Math.min(INITIAL, most) },
      now(),
    );
  }

  /** Takes a request, and gives what is to be called once when it is over; undefined when there is no room. */
  take(kind: RequestClass): (() => void) | undefined {
    if (this.room(kind) <= 0) {
      this.#shed += 1;
      return undefined;
    }
    this.#underWay += 1;
    this.#limit.begun(this.#underWay);
    const begun = this.#now();
    return () => {
      this.#underWay -= 1;
      const now = this.#now();
      this.#limit.answered(now - begun, now);
    };
  }

  /** How many more of a kind would be taken now. */
  room(kind: RequestClass): number {
    return Math.ceil(this.#limit.value * (kind === 'new' ? 1 - RESERVED : 1) - this.#underWay);
  }

  get status(): OverloadStatus {
    return { limit: this.#limit.value, underWay: this.#underWay, shed: this.#shed };
  }
}
