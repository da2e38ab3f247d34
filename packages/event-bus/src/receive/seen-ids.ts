/** Remembers the newest ids, up to a number of them. */
export class SeenIds {
  readonly #limit: number;
  readonly #ids = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Remembers an id. Returns whether it was unknown. When there are too many, forgets the oldest one. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#limit) this.#ids.delete(this.#ids.values().next().value!);
    return true;
  }

  get size(): number {
    return this.#ids.size;
  }
}
