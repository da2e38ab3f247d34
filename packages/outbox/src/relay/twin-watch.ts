/** Checks by the members of a shard whether another process uses the name of this one. */
export class TwinWatch {
  readonly #name: string;
  readonly #instance: string;
  readonly #patienceMs: number;
  #since: number | undefined;

  /**
   * @param name the name that was given to this process
   * @param instance the same name with a token of the process
   * @param patienceMs after this time, another process is really a second one, and not a dead predecessor of this process
   */
  constructor(name: string, instance: string, patienceMs: number) {
    this.#name = name;
    this.#instance = instance;
    this.#patienceMs = patienceMs;
  }

  /** Whether another process of this name is alive, or seems to be. */
  get seen(): boolean {
    return this.#since !== undefined;
  }

  /** Returns the name if two processes use it. */
  twin(now: number): string | undefined {
    return this.#since !== undefined && now - this.#since >= this.#patienceMs ? this.#name : undefined;
  }

  /** Takes in the members that are alive. Times are in milliseconds of a monotonic clock. */
  observe(members: readonly string[], now: number): void {
    const alive = members.some((member) => member !== this.#instance && member.startsWith(`${this.#name}#`));
    this.#since = alive ? (this.#since ?? now) : undefined;
  }
}
