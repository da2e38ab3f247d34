/** What the parts of something took, for people. */
export class Laps {
  readonly #laps: string[] = [];
  #since = performance.now();

  /** Ends a part. */
  lap(name: string): void {
    const now = performance.now();
    this.#laps.push(`${name} ${((now - this.#since) / 1_000).toFixed(1)} s`);
    this.#since = now;
  }

  get text(): string {
    return this.#laps.join(', ');
  }
}
