/** Looks whether another process goes by the name of this one, by the members of a shard. */
export class TwinWatch {
  readonly #name: string;
  readonly #instance: string;
  readonly #patienceMs: number;
  #since: number | undefined;

  /**
   * @param name that was given to this process
   * @param instance the same with a token of the process
   * @param patienceMs after which another one is not that before this one, which has died
   */
  constructor(name: string, instance: string, patienceMs: number) {
    this.#name = name;
    this.#instance = instance;
    this.#patienceMs = patienceMs;
  }

  /** Whether another one is alive, or seems to be. */
  get seen(): boolean {
    return this.#since !== undefined;
  }

  /** The name, if two processes go by it. */
  twin(now: number): string | undefined {
    return this.#since !== undefined && now - this.#since >= this.#patienceMs ? this.#name : undefined;
  }

  /** Takes in the members that are alive. Times are in milliseconds of a monotonic clock. */
  observe(members: readonly string[], now: number): void {
    const alive = members.some((member) => member !== this.#instance && member.startsWith(`${this.#name}#`));
    this.#since = alive ? (this.#since ?? now) : undefined;
  }
}
