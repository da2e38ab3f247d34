/** A wait that can be woken. A wake that comes while nothing waits counts for the next wait. */
export class Waker {
  #woken = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /**
   * Waits until it is woken, until `ms` milliseconds have passed, or until `signal` aborts. Unless `signal` aborts, it waits
   * at least `leastMs`, even when it is woken.
   */
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
