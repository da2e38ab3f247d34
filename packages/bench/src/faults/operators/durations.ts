/** How long things of each name took. */
export class Durations {
  readonly #byName = new Map<string, number[]>();
  #last = 0;

  async of<T>(name: string, fn: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await fn();
    } finally {
      this.#last = (performance.now() - begun) / 1_000;
      const some = this.#byName.get(name) ?? [];
      this.#byName.set(name, some);
      some.push(this.#last);
    }
  }

  /** The last one, seconds. */
  get last(): string {
    return this.#last.toFixed(1);
  }

  /** Sum, times, and the longest, of each name; longest sum first. */
  get text(): string {
    return [...this.#byName]
      .map(([name, some]) => ({ name, some, sum: some.reduce((a, b) => a + b, 0) }))
      .toSorted((a, b) => b.sum - a.sum)
      .map(
        ({ name, some, sum }) =>
          `${name} ${sum.toFixed(0)} (${some.length} times, at most ${Math.max(...some).toFixed(0)})`,
      )
      .join(', ');
  }
}
