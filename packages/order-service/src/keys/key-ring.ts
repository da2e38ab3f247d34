import type { Logger } from '@ordershard/process';
import { KeysUnavailableError } from './errors.ts';
import { type KeySet, readKeySet } from './key-set.ts';
import type { KeySource } from './key-source.ts';

export interface KeyRingOptions {
  readonly source: KeySource;
  /** How long keys stay in use that could not be fetched again. Milliseconds. */
  readonly staleMs: number;
  readonly log: Logger;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
}

/** The state of the keys. */
export interface KeyState {
  /** `stale`: the last look failed, and the earlier keys stay in use. */
  readonly state: 'up' | 'stale' | 'down';
  /** Why the last look failed. */
  readonly problem?: string;
}

/** Keys that are older are fetched again, in the background. A key that was withdrawn is refused within a minute. */
const LOOK_AFTER_MS = 20_000;
/** When the last look is longer ago, callers wait for the next one: nobody has asked for a while. */
const WAIT_AFTER_MS = 45_000;
/** The shortest time between two looks, also when one fails or a token names an unknown key. */
const LOOK_AGAIN_MS = 5_000;

/**
 * The public keys of the issuers of tokens, kept fresh: they are fetched again while they are used, and when a token names an
 * unknown key. While an issuer is away, the earlier keys stay in use for a while.
 */
export class KeyRing {
  readonly #options: Required<KeyRingOptions>;
  #keys: KeySet | undefined;
  /** When the look that found the keys began; when the last look began. */
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
   * Returns the keys to verify tokens with now: the same object as long as the keys are the same.
   *
   * @throws KeysUnavailableError when there are no keys, or only keys that are too old to be used
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

  /** Looks now, and rejects when the look fails. For the start of a process, where an operator has to see what is wrong. */
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
