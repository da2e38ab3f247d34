import { RouterClosedError } from '../errors.ts';
import { setTimer } from '../pools/time-limits.ts';

/** Counts what is under way, so that a close can wait for it. */
export class Drain {
  #underWay = 0;
  #closing = false;
  #empty: (() => void) | undefined;

  /** Runs `fn` as something that a close waits for. Throws {@link RouterClosedError} once a close has begun. */
  async run<T>(nested: boolean, fn: () => Promise<T>): Promise<T> {
    this.begin(nested);
    try {
      return await fn();
    } finally {
      this.end();
    }
  }

  /** Begins what {@link run} runs, where a promise more would be felt. Throws as it does. */
  begin(nested: boolean): void {
    // What is nested in work that is under way may still begin: that work could not end without it.
    if (this.#closing && !nested) throw new RouterClosedError('the router is closing');
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#empty?.();
  }

  /** Lets nothing new begin, and waits until all is done, or for `limitMs`. */
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

/** Waits until all is done or has failed, or for `limitMs`. */
export async function settledWithin(limitMs: number, work: readonly unknown[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimer(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(work), late]);
  clearTimeout(timer);
}
