import { BucketElsewhereError, FenceError, NumberNotWritableError } from '../errors.ts';
import type { ObservedPool } from './telemetry.ts';

/** Begins a wait for a connection: what is returned is told its end, the first one counts. Undefined when nobody looks. */
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

/** Tells an observer that a fence refused something, if that is what `error` says. Gives the error back. */
export function observeRejection<E>(pool: ObservedPool | undefined, error: E): E {
  const observer = pool?.observer;
  if (observer?.fenceRejected === undefined) return error;
  if (error instanceof BucketElsewhereError) observer.fenceRejected(pool!.shard, 'elsewhere');
  else if (error instanceof FenceError) observer.fenceRejected(pool!.shard, 'shut');
  else if (error instanceof NumberNotWritableError) observer.fenceRejected(pool!.shard, 'not writable');
  return error;
}
