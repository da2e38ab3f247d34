/** How long a text goes without an answer before the first question what its server is doing, milliseconds. */
const FIRST_MS = 200;

/**
 * Detects that a server has silently stopped in the middle of a text. MySQL and MariaDB do so when KILL QUERY arrives between
 * two statements of the text: they do not run the rest, and report nothing.
 */
export class SilenceWatch {
  readonly #endIfIdle: (waits: () => boolean) => Promise<boolean>;
  #asking: Promise<void> | undefined;
  /** How long the server must be silent before the next question. */
  #fromMs = FIRST_MS;
  #stopped = false;
  #over = false;

  /**
   * @param endIfIdle ends the session if its server runs none of its statements while the text still waits for an answer.
   *   Resolves with whether it has ended it. Never rejects.
   */
  constructor(endIfIdle: (waits: () => boolean) => Promise<boolean>) {
    this.#endIfIdle = endIfIdle;
  }

  /** Call it when no answer has come for some milliseconds. The longer the silence, the less often it asks. */
  silent(ms: number): void {
    if (this.#asking !== undefined || this.#stopped || ms < this.#fromMs) return;
    this.#fromMs = Math.max(FIRST_MS, ms * 2);
    this.#asking = this.#ask();
  }

  async #ask(): Promise<void> {
    this.#stopped = await this.#endIfIdle(() => !this.#over);
    this.#asking = undefined;
  }

  /** Call it when an answer has come. */
  heard(): void {
    this.#fromMs = FIRST_MS;
  }

  /** Call it when the session was interrupted: if it stays silent, the server is asked at once. */
  interrupted(): void {
    this.#fromMs = 0;
  }

  /**
   * Call it when the text is over. Resolves with whether the session was ended: if so, the server ran nothing beyond the
   * statements that it answered.
   */
  async over(): Promise<boolean> {
    this.#over = true;
    await this.#asking;
    return this.#stopped;
  }
}
