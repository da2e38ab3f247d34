/** How many failures in a row it takes until a shard is left alone. */
const THRESHOLD = 3;

/** Notes whether an endpoint answers. Open after some failures in a row, until something succeeds again. */
export class Breaker {
  readonly #changed: ((open: boolean) => void) | undefined;
  #failures = 0;

  /** @param changed called when it opens and when it closes */
  constructor(changed?: (open: boolean) => void) {
    this.#changed = changed;
  }

  get closed(): boolean {
    return this.#failures < THRESHOLD;
  }

  /** Whether nothing failed since something succeeded. */
  get trusted(): boolean {
    return this.#failures === 0;
  }

  succeeded(): void {
    const wasOpen = !this.closed;
    this.#failures = 0;
    if (wasOpen) this.#changed?.(false);
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures === THRESHOLD) this.#changed?.(true);
  }
}
