import type { Logger } from '@ordershard/process';
import { KeysUnavailableError } from './errors.ts';
import { type KeySet, readKeySet } from './key-set.ts';
import type { KeySource } from './key-source.ts';

export interface KeyRingOptions {
  readonly source: KeySource;
  /** How long keys are gone by that could not be had again. Milliseconds. */
  readonly staleMs: number;
  readonly log: Logger;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
}

/** How it is with the keys. */
export interface KeyState {
  /** `stale`: the last look failed, and those of before are gone by. */
  readonly state: 'up' | 'stale' | 'down';
  /** Why the last look failed. */
  readonly problem?: string;
}

/** Keys that are older are looked for again, beside what is going on. A key that was withdrawn is refused within a minute. */
const LOOK_AFTER_MS = 20_000;
/** When the last look is longer ago the next one is waited for: nobody has asked for a while. */
const WAIT_AFTER_MS = 45_000;
/** Between two looks when one fails, or a token names a key that is not there. */
const LOOK_AGAIN_MS = 5_000;

/**
 * The public keys of those who issue tokens, as fresh as they must be: looked for again as long as they are used, and for a
 * token that names one which is not there. An issuer that is away is bridged by the keys of before, for a while.
 */
export class KeyRing {
  readonly #options: Required<KeyRingOptions>;
  #keys: KeySet | undefined;
  /** When the look began that the keys are of; when the last look began. */
  #asOf = -Infinity;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = { now: () => performance.now(), ...options };
  }

  get state(): KeyState {
    if (this.#failure === undefined && this.#keys !== undefined) return { state: 'up' };
    const state = this.#usable() === undefined ? 'down' : 'stale';
    return { state, ...(this.#failure === undefined ? {} : { problem: this.#failure.message }) };
  }

  /**
   * The keys to verify by now. They are the same object as long as they are the same keys.
   *
   * @throws KeysUnavailableError when there are none, or none that may still be gone by
   */
  async keys(): Promise<KeySet> {
    const now = this.#options.now();
    if (now - this.#asOf >= LOOK_AFTER_MS) {
      const isIdle = now - this.#lookedAt >= WAIT_AFTER_MS;
      const looking = this.#look();
      if (isIdle || this.#usable() === undefined) await looking;
    }
    const keys = this.#usable();
    if (keys !== undefined) return keys;
    throw new KeysUnavailableError('the keys that tokens are verified with cannot be had now', {
      cause: this.#failure,
    });
  }

  /** Looks for keys because one is missing, unless that was just done. */
  async lookFurther(): Promise<void> {
    await this.#look();
  }

  /** Looks now, and rejects with the failure of it. For the start, where what is wrong is for an operator. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #usable(): KeySet | undefined {
    const age = this.#options.now() - this.#asOf;
    return age < Math.max(this.#options.staleMs, WAIT_AFTER_MS) ? this.#keys : undefined;
  }

  /** One look at a time. */
  #look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking;
    const at = this.#options.now();
    if (at - this.#lookedAt < LOOK_AGAIN_MS) return Promise.resolve();
    this.#lookedAt = at;
    this.#looking = this.#read(at).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(at: number): Promise<void> {
    const { log, source } = this.#options;
    try {
      const found = readKeySet(await source());
      if (found.text !== this.#keys?.text) {
        const { text, algorithms } = found;
        log.info({ keys: text.split('\n').length, algorithms }, 'token keys in use');
        this.#keys = found;
      }
      this.#asOf = at;
      this.#failure = undefined;
    } catch (error) {
      const failure = error as Error;
      if (failure.message !== this.#failure?.message)
        log.warn({ reason: failure.message }, 'the keys of tokens could not be had');
      this.#failure = failure;
    }
  }
}
