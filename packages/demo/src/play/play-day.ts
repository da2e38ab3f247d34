import { setTimeout as delay } from 'node:timers/promises';
import { DAY_MINUTES, underWayAt } from '../plan/day.ts';
import type { Life } from '../plan/life.ts';

/** An order life with the minute of the simulated day at which it begins. */
export interface Arrival {
  readonly life: Life;
  readonly minute: number;
  /** Where the order stands in the input file, if it came from one. */
  readonly line?: number;
}

export interface DayOptions {
  /** Lives under way at the highest peak. */
  readonly concurrency: number;
  /** How long the day must take at least, milliseconds; 0 for as fast as the machine allows. */
  readonly lengthMs: number;
  readonly signal: AbortSignal;
  /** Leads one life; must not throw. */
  readonly play: (arrival: Arrival) => Promise<void>;
  /** Called with the number of lives that have begun; the next life begins when it resolves. */
  readonly before?: (begun: number) => Promise<void>;
  /** Called after a life has begun, with the number of lives that have begun. */
  readonly after?: (begun: number) => void;
}

/** The simulated day. It begins lives in the order of their arrival, and never has more under way than the minute allows. */
export class Day {
  begun = 0;
  underWay = 0;
  /** Minute of the simulated day. */
  minute = 0;
  readonly #options: DayOptions;
  #room: (() => void) | undefined;

  constructor(options: DayOptions) {
    this.#options = options;
  }

  /** Resolves when every life has ended; after the signal, when the lives under way have ended. */
  async play(arrivals: AsyncIterable<Arrival>): Promise<void> {
    const { concurrency, lengthMs, signal, before, after } = this.#options;
    const start = performance.now();
    for await (const arrival of arrivals) {
      const { minute } = arrival;
      await this.#until(() => this.underWay < underWayAt(minute, concurrency));
      const early = start + (minute / DAY_MINUTES) * lengthMs - performance.now();
      if (early > 0) await delay(early, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await before?.(this.begun);
      if (signal.aborted) break;
      this.minute = minute;
      this.#begin(arrival);
      after?.(this.begun);
    }
    await this.#until(() => this.underWay === 0);
    if (!signal.aborted) this.minute = DAY_MINUTES;
  }

  #begin(arrival: Arrival): void {
    this.begun += 1;
    this.underWay += 1;
    void this.#options.play(arrival).finally(() => {
      this.underWay -= 1;
      this.#room?.();
    });
  }

  /** Waits for lives to end until `holds` does. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    this.#room = undefined;
  }
}
