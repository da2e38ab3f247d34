import type { Logger } from '@ordershard/process';
import { pause } from '../worker/pause.ts';
import type { CheckReport } from './check.ts';

/** Runs a check now and then, with jitter, so that several workers seldom check at once. What they do twice is harmless. */
export class CheckSchedule {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #last: CheckReport | undefined;
  #problem: string | undefined;

  /** The report of the last check; undefined before the first. */
  get last(): CheckReport | undefined {
    return this.#last;
  }

  /** Why the last check could not be made; undefined when it was made. */
  get problem(): string | undefined {
    return this.#problem;
  }

  start(everyMs: number, run: (signal: AbortSignal) => Promise<CheckReport>, log: Logger): void {
    this.#running = this.#run(everyMs, run, log);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(
    everyMs: number,
    run: (signal: AbortSignal) => Promise<CheckReport>,
    log: Logger,
  ): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(everyMs * (0.5 + Math.random()), signal);
      if (signal.aborted) return;
      try {
        this.#last = await run(signal);
        this.#problem = undefined;
        if (this.#last.found > 0) log.info(this.#last, 'orders that hang were looked at');
      } catch (error) {
        if (this.#problem === undefined)
          log.warn({ reason: (error as Error).message }, 'the check was not made');
        this.#problem = (error as Error).message;
      }
    }
  }
}
