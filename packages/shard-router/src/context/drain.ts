import { RouterClosedError } from '../errors.ts';
import { setTimer } from '../pools/time-limits.ts';

/** Counts the work that is under way, so that a close can wait for it. */
export class Drain {
  #underWay = 0;
  #closing = false;
  #empty: (() => void) | undefined;

  /**
   * Runs `fn` as work that a close waits for. Throws {@link RouterClosedError} once a close has begun, unless the work is
   * nested.
   */
  async run<T>(nested: boolean, fn: () => Promise<T>): Promise<T> {
    this.begin(nested);
    try {
      return await fn();
    } finally {
      this.end();
    }
  }

  /** Counts work as {@link run} does, for callers where one more promise would cost too much. Throws as it does. */
  begin(nested: boolean): void {
    // Nested work may still begin: the work around it, which is under way, could not end without it.
    if (this.#closing && !nested) throw new RouterClosedError('the router is closing');
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#empty?.();
  }

  /** Refuses new work, and waits until all work is done, but at most `limitMs`. */
  async close(limitMs: number): Promise<void> {
    this.#closing = true;
    if (this.#underWay === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#empty = resolve;
      timer = setTimer(resolve, limitMs);
    });
    clearTimeout(timer);
  }
}

/** Waits until every promise in `work` has settled, but at most `limitMs`. */
export async function settledWithin(limitMs: number, work: readonly unknown[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimer(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(work), late]);
  clearTimeout(timer);
}
