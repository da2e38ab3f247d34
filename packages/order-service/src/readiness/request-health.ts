/** The kinds of requests that are counted apart: orders that are placed or changed one by one, and reads. */
export const HEALTH_KINDS = ['orders', 'reads'] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

/** How requests went lately. */
export interface RequestHealth {
  readonly done: number;
  readonly failed: number;
  /** How many failed by each cause: a part, such as `shard 1` or `this instance`, or an error. */
  readonly causes: Readonly<Record<string, number>>;
}

/** How far back the counts reach. Seconds. */
const WINDOW_S = 30;

/** How many causes are told apart in a second; further causes count together, as `others`. */
const MOST_CAUSES = 20;

interface Second {
  at: number;
  done: number;
  failed: number;
  causes: Map<string, number>;
}

/** Counts how requests of a kind went in the last half minute, as callers see it, whatever the breakers think. */
export class HealthWindow {
  readonly #now: () => number;
  readonly #seconds: Second[] = [];

  /** @param now milliseconds on any clock that does not go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes a request that was carried out. */
  done(): void {
    this.#second().done += 1;
  }

  /** Notes a request that failed through no fault of its caller. */
  failed(cause: string): void {
    const second = this.#second();
    second.failed += 1;
    const known = second.causes.has(cause) || second.causes.size < MOST_CAUSES ? cause : 'others';
    second.causes.set(known, (second.causes.get(known) ?? 0) + 1);
  }

  get health(): RequestHealth {
    const from = Math.floor(this.#now() / 1_000) - WINDOW_S;
    let [done, failed] = [0, 0];
    const causes: Record<string, number> = {};
    // The filter skips slots that were never filled.
    for (const second of this.#seconds.filter(({ at }) => at > from)) {
      done += second.done;
      failed += second.failed;
      for (const [cause, count] of second.causes) causes[cause] = (causes[cause] ?? 0) + count;
    }
    return { done, failed, causes };
  }

  #second(): Second {
    const at = Math.floor(this.#now() / 1_000);
    const slot = at % WINDOW_S;
    const known = this.#seconds[slot];
    if (known?.at === at) return known;
    const fresh = { at, done: 0, failed: 0, causes: new Map<string, number>() };
    this.#seconds[slot] = fresh;
    return fresh;
  }
}
