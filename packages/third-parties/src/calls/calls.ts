import {
  type BulkheadPolicy,
  bulkhead,
  BulkheadRejectedError,
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  IterableBackoff,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { CallInTransactionError, ThirdPartyUnavailableError } from '../errors.ts';
import type { PartyName } from '../ports/third-party.ts';

/** How a third party is called. Times in milliseconds. */
export interface CallLimits {
  /** How long one try may take. */
  readonly timeoutMs: number;
  /** Tries of one call beyond the first. */
  readonly retries: number;
  /** Calls under way at once. */
  readonly atOnce: number;
  /** Calls that may wait for one under way to end. */
  readonly queue: number;
  /** The number of failures in a row after which the breaker opens for a while. */
  readonly failures: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  timeoutMs: 3_000,
  retries: 2,
  atOnce: 32,
  queue: 1_000,
  failures: 8,
};

/** How long the breaker stays open before one call tries whether the third party is back; longer each time. Milliseconds. */
const LEFT_ALONE_MS = [500, 1_000, 2_000];

/** The states of a breaker. */
export type BreakerState = 'closed' | 'open' | 'half open' | 'isolated';

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half open',
  [CircuitState.Isolated]: 'isolated',
};

const passes = handleWhen((error) => error instanceof ThirdPartyUnavailableError);
const fails = handleWhen(
  (error) => error instanceof ThirdPartyUnavailableError || error instanceof TaskCancelledError,
);

/**
 * Calls one third party. Never calls inside a database transaction, limits the calls under way, gives each call a time-out,
 * retries a call that fails in passing, and leaves the third party alone while it keeps failing.
 */
export class Calls {
  readonly #party: PartyName;
  readonly #limits: CallLimits;
  readonly #inTransaction: () => boolean;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #bulkhead: BulkheadPolicy;
  readonly #policy;
  #made = 0;
  #failed = 0;

  /** @param inTransaction whether a database transaction is open around the caller */
  constructor(party: PartyName, inTransaction: () => boolean, limits: Partial<CallLimits> = {}) {
    this.#party = party;
    this.#limits = { ...DEFAULT_CALL_LIMITS, ...limits };
    this.#inTransaction = inTransaction;
    const { retries, atOnce, queue, failures, timeoutMs } = this.#limits;
    this.#bulkhead = bulkhead(atOnce, queue);
    this.#breaker = circuitBreaker(fails, {
      halfOpenAfter: new IterableBackoff(LEFT_ALONE_MS),
      breaker: new ConsecutiveBreaker(failures),
    });
    // From the outside in. A retry waits in line again, and the time-out does not count that wait.
    this.#policy = wrap(
      retry(passes, {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1_000 }),
      }),
      this.#bulkhead,
      this.#breaker,
      timeout(timeoutMs, TimeoutStrategy.Aggressive),
    );
  }

  /**
   * Makes a call. `send` must end when its signal aborts.
   *
   * @throws CallInTransactionError inside a database transaction
   * @throws ThirdPartyUnavailableError, and what `send` throws
   */
  async call<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#inTransaction()) throw new CallInTransactionError(this.#party);
    try {
      return await this.#policy.execute(async ({ signal }) => {
        this.#made += 1;
        try {
          return await send(signal);
        } catch (error) {
          this.#failed += 1;
          throw error;
        }
      });
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** Returns the calls made and failed so far, the calls under way and waiting now, and the state of the breaker. */
  get status() {
    const { atOnce, queue } = this.#limits;
    return {
      breaker: STATES[this.#breaker.state],
      made: this.#made,
      failed: this.#failed,
      underWay: atOnce - this.#bulkhead.executionSlots,
      waiting: queue - this.#bulkhead.queueSlots,
    };
  }

  #translated(cause: unknown): unknown {
    const unavailable = (message: string) => new ThirdPartyUnavailableError(this.#party, message, { cause });
    if (cause instanceof TaskCancelledError)
      return unavailable(`did not answer within ${this.#limits.timeoutMs} ms`);
    if (cause instanceof BrokenCircuitError)
      return unavailable('failed lately, and is left alone for a while');
    if (cause instanceof BulkheadRejectedError) return unavailable('too many calls wait for it');
    return cause;
  }
}
