/** Failures in a row after which a shard is left alone. */
const THRESHOLD = 3;

/** Notes whether an endpoint answers. Open after some failures in a row, until something succeeds again. */
export class Breaker {
  #failures = 0;

  get closed(): boolean {
    return this.#failures < THRESHOLD;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
  }
}
