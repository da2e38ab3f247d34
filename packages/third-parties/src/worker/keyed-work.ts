import { Gate } from '@ordershard/process';
import { pause, retryPause } from './pause.ts';

export interface KeyedWorkOptions {
  /** Does what is to be done for a key, by how things are now. */
  readonly work: (key: string) => Promise<unknown>;
  /** Whether a failure is to be tried again. One that is not ends the work on its key. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Is told of each failure. */
  readonly failed: (key: string, error: unknown, failures: number) => void;
  /** Tries under way at once. */
  readonly atOnce: number;
  /** Keys that are kept in memory; {@link KeyedWork.room} waits for fewer. */
  readonly most: number;
}

interface Line {
  /** Told when the work that is under way is done. */
  underWay: (() => void)[];
  /** Told when the one after it is done. */
  next: (() => void)[];
}

/**
 * Does work by key: one after the other for a key, keys beside each other. Work that was asked for while an earlier one
 * waits to begin is the same; one that fails in passing is tried again, and holds up no other key.
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

  /** Asks for work on a key; `done` is told when it is done, and never when this is stopped before. */
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

  /** Begins nothing new. What is under way may still end. */
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

  /** False when it was stopped before. */
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
