import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadModelScene } from '../../rebuild/scene.ts';

const AT_ONCE = 10;
const PAUSE_MS = 60;
const AFTER_FAILURE_MS = 300;

/**
 * Honest orders, placed and changed all the time. What fails while a server is away is not asked again: the truth is in
 * the shards' rows.
 */
export class Load {
  /** Orders and changes that were acknowledged. */
  acknowledged = 0;
  orders = 0;
  readonly #model: ReadModelScene;
  readonly #stopping = new AbortController();
  #held: Promise<void> | undefined;
  readonly #work: Promise<void>;
  #idle: Promise<void> = Promise.resolve();

  constructor(model: ReadModelScene) {
    this.#model = model;
    this.#work = this.#run();
  }

  /** Runs `use` while nothing is placed or changed. */
  async held<T>(use: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    try {
      await this.#idle;
      return await use();
    } finally {
      this.#held = undefined;
      resolve();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#held;
      this.#idle = this.#round();
      await this.#idle;
    }
  }

  async #round(): Promise<void> {
    try {
      const placed = await this.#model.place(AT_ONCE);
      this.#count(placed);
      this.orders += placed.length;
      for (const type of ['pay', 'accept', 'cook'] as const) {
        await this.#model.change(placed, type);
        this.#count(placed);
      }
      await sleep(PAUSE_MS);
    } catch {
      await sleep(AFTER_FAILURE_MS);
    }
  }

  #count({ length }: readonly bigint[]): void {
    this.acknowledged += length;
  }
}
