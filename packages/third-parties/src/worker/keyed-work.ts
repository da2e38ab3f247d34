import { Gate } from '@ordershard/process';
import { pause, retryPause } from './pause.ts';

export interface KeyedWorkOptions {
  /** Does what a key needs, by how things are now. */
  readonly work: (key: string) => Promise<unknown>;
  /** Whether to try again after a failure. A failure that is not retryable ends the work on its key. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Called with each failure. */
  readonly failed: (key: string, error: unknown, failures: number) => void;
  /** Tries under way at once. */
  readonly atOnce: number;
  /** Keys that are kept in memory; {@link KeyedWork.room} waits for fewer. */
  readonly most: number;
}

interface Line {
  /** Called when the work under way is done. */
  underWay: (() => void)[];
  /** Called when the work after it is done. */
  next: (() => void)[];
}

/**
 * Does work by key: one piece after the other for a key, different keys beside each other. Requests for a key that come while
 * its work is under way share the next piece of work. Work that fails in passing is tried again, and holds up no other key.
 */
export class KeyedWork {
  readonly #options: KeyedWorkOptions;
  readonly #gate: Gate;
  readonly #lines = new Map<string, Line>();
  readonly #stopping = new AbortController();
  #roomy: (() => void) | undefined;

  constructor(options: KeyedWorkOptions) {
    this.#options = options;
    this.#gate = new Gate(options.atOnce);
  }

  /** Keys that are worked on or wait. */
  get size(): number {
    return this.#lines.size;
  }

  /** Asks for work on a key. Calls `done` when the work is done, and never when this is stopped before. */
  add(key: string, done: () => void = () => undefined): void {
    const line = this.#lines.get(key);
    if (line !== undefined) {
      line.next.push(done);
      return;
    }
    const begun: Line = { underWay: [done], next: [] };
    this.#lines.set(key, begun);
    void this.#run(key, begun);
  }

  /** Resolves when there is room for another key, or this is stopped. */
  async room(): Promise<void> {
    while (this.#lines.size >= this.#options.most && !this.#stopping.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#roomy = resolve;
      });
    }
  }

  /** Begins nothing new. Work under way may still end. */
  stop(): void {
    this.#stopping.abort();
    this.#roomy?.();
  }

  async #run(key: string, line: Line): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (!(await this.#untilDone(key))) break;
      for (const done of line.underWay) done();
      if (line.next.length === 0) break;
      [line.underWay, line.next] = [line.next, []];
    }
    this.#lines.delete(key);
    this.#roomy?.();
  }

  /** Returns false when this was stopped before the work was done. */
  async #untilDone(key: string): Promise<boolean> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#gate.through(() => this.#options.work(key));
        return true;
      } catch (error) {
        this.#options.failed(key, error, failures);
        if (!this.#options.isRetryable(error)) return true;
      }
      await pause(retryPause(failures), signal);
    }
    return false;
  }
}
