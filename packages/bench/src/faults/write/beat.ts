const EVERY_MS = 60;

/** A beat on which callers act together, so that what they ask for comes in bunches, as it does under load. */
export class Beat {
  #next: Promise<void> | undefined;

  /** Resolves on the next beat, for everyone at once. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setTimeout(() => {
        this.#next = undefined;
        resolve();
      }, EVERY_MS);
    });
    return this.#next;
  }
}
