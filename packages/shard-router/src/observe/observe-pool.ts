import { BucketElsewhereError, FenceError, NumberNotWritableError } from '../errors.ts';
import type { ObservedPool } from './telemetry.ts';

/**
 * Begins to measure a wait for a connection. The returned function is called at its end; only the first call counts. Returns
 * undefined when no observer wants it.
 */
export function observeAcquire(pool: ObservedPool): ((error: unknown) => void) | undefined {
  const { observer, shard, role } = pool;
  if (observer?.connectionAcquired === undefined) return undefined;
  const began = performance.now();
  let over = false;
  return (error) => {
    if (over) return;
    over = true;
    observer.connectionAcquired!(shard, role, performance.now() - began, error ?? undefined);
  };
}

/** Tells an observer that a fence refused something, if `error` says so. Returns the error. */
export function observeRejection<E>(pool: ObservedPool | undefined, error: E): E {
  const observer = pool?.observer;
  if (observer?.fenceRejected === undefined) return error;
  if (error instanceof BucketElsewhereError) observer.fenceRejected(pool!.shard, 'elsewhere');
  else if (error instanceof FenceError) observer.fenceRejected(pool!.shard, 'shut');
  else if (error instanceof NumberNotWritableError) observer.fenceRejected(pool!.shard, 'not writable');
  return error;
}
