import { TransactionAbortedError, UnknownOutcomeError } from '../errors.ts';
import type { Observation, RouterObserver, TransactionEnd } from './observer.ts';

/** Reports one transaction to an observer, from its first begin to its end. */
export class ObservedTransaction {
  readonly #observation: Observation<TransactionEnd>;
  #shard: number;
  #attempts = 0;
  #gaveUp: unknown;
  #over = false;

  private constructor(observation: Observation<TransactionEnd>, shard: number) {
    this.#observation = observation;
    this.#shard = shard;
  }

  /** Returns undefined when no observer wants it. */
  static start(observer: RouterObserver | undefined, shard: number): ObservedTransaction | undefined {
    if (observer?.transaction === undefined) return undefined;
    return new ObservedTransaction(observer.transaction({ shard }), shard);
  }

  /** Notes an attempt on a shard. */
  attempt(shard: number): void {
    this.#attempts += 1;
    this.#shard = shard;
  }

  /** Runs `fn` as a part of it. */
  within<T>(fn: () => T): T {
    return this.#observation.within === undefined ? fn() : this.#observation.within(fn);
  }

  /** Notes that the server gave it up, before it is rolled back. */
  givenUp(error: unknown): void {
    this.#gaveUp ??= error;
  }

  committed(): void {
    this.#end('committed', undefined);
  }

  /** It was taken back. */
  rolledBack(): void {
    this.#end(this.#gaveUp === undefined ? 'rolled back' : 'aborted', this.#gaveUp);
  }

  /** It ended with an error, which says how. */
  failed(error: unknown): void {
    if (error instanceof UnknownOutcomeError) this.#end('unknown', error);
    else this.#end(error instanceof TransactionAbortedError ? 'aborted' : 'rolled back', error);
  }

  #end(outcome: TransactionEnd['outcome'], error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#observation.end({ shard: this.#shard, outcome, attempts: this.#attempts, error });
  }
}

/**
 * Runs a transaction with all its attempts, and reports it to an observer as one.
 *
 * @param attempt one attempt, on a shard
 * @param run makes the attempts
 */
export async function observeTransaction<T>(
  observer: RouterObserver,
  shard: number,
  attempt: (shard: number) => Promise<T>,
  run: (attempt: (shard: number) => Promise<T>) => Promise<T>,
): Promise<T> {
  const observed = ObservedTransaction.start(observer, shard);
  if (observed === undefined) return run(attempt);
  try {
    const value = await observed.within(() =>
      run((on) => {
        observed.attempt(on);
        return attempt(on);
      }),
    );
    observed.committed();
    return value;
  } catch (error) {
    observed.failed(error);
    throw error;
  }
}
