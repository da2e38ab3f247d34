/** How long a text is without an answer before it is asked for the first time what its server is at, milliseconds. */
const FIRST_MS = 200;

/**
 * Finds out that a server has stopped at a text without a word. MySQL and MariaDB do so when KILL QUERY strikes between two
 * of its statements: the rest is not run, and nothing says so.
 */
export class SilenceWatch {
  readonly #endIfIdle: (waits: () => boolean) => Promise<boolean>;
  #asking: Promise<void> | undefined;
  /** How long it must have been silent before it is asked. */
  #fromMs = FIRST_MS;
  #stopped = false;
  #over = false;

  /**
   * @param endIfIdle ends the session if its server is at none of its statements, provided that the text still waits for an
   *   answer; whether it has. Never rejects.
   */
  constructor(endIfIdle: (waits: () => boolean) => Promise<boolean>) {
    this.#endIfIdle = endIfIdle;
  }

  /** Told that no answer has come for some milliseconds. Asks less often the longer it is. */
  silent(ms: number): void {
    if (this.#asking !== undefined || this.#stopped || ms < this.#fromMs) return;
    this.#fromMs = Math.max(FIRST_MS, ms * 2);
    this.#asking = this.#ask();
  }

  async #ask(): Promise<void> {
    this.#stopped = await this.#endIfIdle(() => !this.#over);
    this.#asking = undefined;
  }

  /** Told that an answer has come. */
  heard(): void {
    this.#fromMs = FIRST_MS;
  }

  /** Told that the session was interrupted: if it stays silent it is asked at once. */
  interrupted(): void {
    this.#fromMs = 0;
  }

  /** Told that the text is over. Whether the session was ended: then nothing more was run than was answered. */
  async over(): Promise<boolean> {
    this.#over = true;
    await this.#asking;
    return this.#stopped;
  }
}
