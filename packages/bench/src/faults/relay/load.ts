import { type Seeded, seededFrom } from '../seeded.ts';
import { Lane } from './lane.ts';

const LANES = 12;
const FIRST_NUMBER = 100_000_000_000_000_000n;

/** Writers of all shards. */
export class Load {
  /** Events that are known to be committed. */
  events = 0;
  /** Transactions that were rolled back. */
  rolledBack = 0;
  readonly #lanes: readonly Lane[];
  #numbers = 0n;
  #ending = false;
  #running: Promise<unknown> = Promise.resolve();

  /** @param urls of the servers themselves */
  constructor(urls: readonly string[], random: Seeded) {
    const shared = {
      nextNumber: () => String(FIRST_NUMBER + (this.#numbers += 1n)),
      committed: (events: number) => (this.events += events),
      rolledBack: () => (this.rolledBack += 1),
    };
    this.#lanes = urls.flatMap((url) =>
      Array.from({ length: LANES }, () => new Lane(url, seededFrom(random), shared)),
    );
  }

  /** Sets the writers to work. What comes back rejects if one of them fails. */
  start(): Promise<unknown> {
    this.#running = Promise.all(this.#lanes.map((lane) => lane.run(() => this.#ending)));
    return this.#running;
  }

  /** Lets every writer finish what it is at. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#running.catch(() => undefined);
  }
}
