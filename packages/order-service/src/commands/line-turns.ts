import { BulkBacklogError } from './errors.ts';

export interface LineTurnsOptions {
  /** Lines that run at once now, over all callers. */
  readonly atOnce: () => number;
  /** How many lines of one caller may wait, and how many of all callers. */
  readonly waitingOfOne: number;
  readonly waiting: number;
}

/** Lines of one request that wait. */
interface Waiting {
  readonly count: number;
  readonly run: (at: number) => Promise<void>;
  next: number;
}

/**
 * Runs the lines of bulk requests, a few at a time. Callers take turns: one line of each. So the load that one caller puts on
 * the process and its shards at one moment is bounded, however much it sends. A caller that sends a single line waits for one
 * line of each other caller.
 */
export class LineTurns {
  readonly #options: LineTurnsOptions;
  /** The waiting requests by caller. The caller whose turn is next comes first. */
  readonly #callers = new Map<string, Waiting[]>();
  #running = 0;
  #waiting = 0;

  constructor(options: LineTurnsOptions) {
    this.#options = options;
  }

  /** Lines that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `line` for each number below `count`, and resolves when all of them are over. `line` must not reject.
   *
   * @throws BulkBacklogError when too many lines wait already; none has run then
   */
  async run(caller: string, count: number, line: (at: number) => Promise<void>): Promise<void> {
    if (count === 0) return;
    const { waiting: most, waitingOfOne } = this.#options;
    const own = this.#callers.get(caller) ?? [];
    const ownWaiting = own.reduce((sum, { count: all, next }) => sum + all - next, 0);
    // A request of any size is taken when no other line waits.
    if (ownWaiting > 0 && ownWaiting + count > waitingOfOne)
      throw new BulkBacklogError('of this caller', ownWaiting);
    if (this.#waiting > 0 && this.#waiting + count > most) throw new BulkBacklogError('here', this.#waiting);
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = count;
    const run = async (at: number) => {
      await line(at);
      left -= 1;
      if (left === 0) resolve();
    };
    own.push({ count, run, next: 0 });
    this.#callers.set(caller, own);
    this.#waiting += count;
    this.#begin();
    await promise;
  }

  #begin(): void {
    while (this.#running < this.#options.atOnce() && this.#callers.size > 0) {
      const [[caller, requests]] = this.#callers as unknown as [[string, Waiting[]]];
      const request = requests[0]!;
      const at = request.next;
      request.next += 1;
      if (request.next === request.count) requests.shift();
      this.#callers.delete(caller);
      if (requests.length > 0) this.#callers.set(caller, requests);
      this.#waiting -= 1;
      this.#running += 1;
      void request.run(at).finally(() => {
        this.#running -= 1;
        this.#begin();
      });
    }
  }
}
