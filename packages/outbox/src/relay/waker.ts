/** Something that can be waited for, and woken: what was said while nobody waited counts for the next wait. */
export class Waker {
  #woken = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /** Waits until woken, for `ms` milliseconds, or until `signal` aborts; at least `leastMs`, whoever calls. */
  async wait(ms: number, leastMs: number, signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    await this.#wait(ms, signal);
    this.#woken = false;
    const rest = leastMs - (performance.now() - begun);
    if (rest <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, rest);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#woken || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#resume = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      this.#resume = done;
    });
  }
}
