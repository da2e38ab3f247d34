import type { BusEvent } from '../events/envelope.ts';

/** Keeps the last state-like event of each type and key, of up to a number of them. */
export class LastStates {
  readonly #limit: number;
  readonly #events = new Map<string, BusEvent>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Keeps a state-like event in place of the one before it; passes over any other event.
   *
   * @returns whether an earlier event gave way: the one of its key, or the oldest one when there are too many
   */
  keep(event: BusEvent): boolean {
    if (event.subject === undefined) return false;
    const key = JSON.stringify([event.type, event.subject]);
    const replaced = this.#events.delete(key);
    this.#events.set(key, event);
    if (this.#events.size <= this.#limit) return replaced;
    return this.#events.delete(this.#events.keys().next().value!);
  }

  /** Returns the events that are kept, the oldest first. */
  all(): readonly BusEvent[] {
    return [...this.#events.values()];
  }

  clear(): void {
    this.#events.clear();
  }
}
