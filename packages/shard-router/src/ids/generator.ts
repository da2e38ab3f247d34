import { NumbersUnavailableError } from '../errors.ts';
import { encodeNumber, type WorkerRange } from './snowflake.ts';

/** What a worker holds: its id and sequences, and the milliseconds (Unix time) in which it may draw numbers. */
export interface WorkerWindow extends WorkerRange {
  /** The first millisecond that no earlier holder could have used. */
  readonly fromMs: number;
  /** The last millisecond that the lease covers. */
  readonly untilMs: number;
}

/** If the clock goes back by up to this many milliseconds, drawing waits; if it goes back further, drawing is refused. */
const WAIT_FOR_CLOCK_MS = 5;

/**
 * Draws numbers in rising order. Two generators never draw the same number as long as their windows never cover the
 * same worker, sequences and millisecond, whatever their clocks say: the clock only chooses within the window.
 */
export class NumberGenerator {
  readonly #window: () => WorkerWindow | undefined;
  readonly #now: () => number;
  #lastMs = 0;
  #worker = -1;
  #firstSequence = 0;
  #sequence = 0;

  /** @param window returns what may be drawn now; may throw an error that says why nothing can be drawn */
  constructor(window: () => WorkerWindow | undefined, now: () => number = Date.now) {
    this.#window = window;
    this.#now = now;
  }

  /** The last millisecond that was drawn in; 0 before the first draw. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Draws a number. Throws {@link NumbersUnavailableError} with no lease, or with a clock that its lease does not cover. */
  draw(): bigint {
    const window = this.#window();
    if (window === undefined) throw new NumbersUnavailableError('no worker id is leased');
    if (window.worker !== this.#worker || window.firstSequence !== this.#firstSequence) {
      this.#worker = window.worker;
      this.#firstSequence = window.firstSequence;
      this.#lastMs = 0;
    }
    let nowMs = this.#clock(window);
    if (nowMs === this.#lastMs) {
      this.#sequence += 1;
      if (this.#sequence === window.sequences) {
        while (nowMs <= this.#lastMs) nowMs = this.#now();
        if (nowMs > window.untilMs) throw new NumbersUnavailableError('the worker lease has run out');
        this.#sequence = 0;
      }
    } else {
      this.#sequence = 0;
    }
    this.#lastMs = nowMs;
    const sequence = window.firstSequence + this.#sequence;
    return encodeNumber({ timeMs: nowMs, worker: window.worker, sequence });
  }

  #clock(window: WorkerWindow): number {
    let nowMs = this.#now();
    const lowest = Math.max(this.#lastMs, window.fromMs);
    if (nowMs < lowest) {
      if (lowest - nowMs > WAIT_FOR_CLOCK_MS) {
        throw new NumbersUnavailableError(
          `the clock is ${lowest - nowMs} ms behind the last number or the lease`,
        );
      }
      while (nowMs < lowest) nowMs = this.#now();
    }
    if (nowMs > window.untilMs) throw new NumbersUnavailableError('the worker lease has run out');
    return nowMs;
  }
}
