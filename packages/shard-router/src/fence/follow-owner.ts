import {
  BucketElsewhereError,
  FenceError,
  KeyElsewhereError,
  type RouterError,
  TransactionAbortedError,
} from '../errors.ts';
import { routerErrorOf } from '../pools/router-error-of.ts';
import { describeTarget, type WriteTarget } from './write-target.ts';

const MAX_ATTEMPTS = 12;
/** How long a shut fence is waited for, even after `MAX_ATTEMPTS` attempts: a bucket that moves is open again by then. */
const PATIENCE_MS = 3_000;
/** How many turns to another shard are made at once. After that the shards may be in the middle of a hand-over. */
const TURNS_AT_ONCE = 2;

/**
 * Errors after which nothing is run again. Some end the attempts for a target: if outer work on another target were tried
 * again, it would only repeat its own work; if outer work on the same target were tried again, it would multiply the
 * attempts. Others came after a commit, or after a wait for a lock that was not given in time.
 */
const final = new WeakSet<RouterError>();

/**
 * Marks an error as one after which nothing is run again, for example because something was committed before it. Returns the
 * error.
 */
export function onceOnly<E>(error: E): E {
  const found = routerErrorOf(error);
  if (found !== undefined) final.add(found);
  return error;
}

/**
 * Returns the router's error for which work on a target is tried again: its fence was shut, its bucket lives elsewhere, or
 * the server gave up the transaction. Also finds it inside the errors of ORMs, which wrap it. Undefined for any other error,
 * and for one with which inner work on a target of its own has ended its attempts.
 */
export function fencedOffBy(error: unknown): RouterError | undefined {
  const found = routerErrorOf(error);
  const again =
    found instanceof BucketElsewhereError ||
    found instanceof FenceError ||
    found instanceof TransactionAbortedError;
  return again && !final.has(found) ? found : undefined;
}

/**
 * Runs `attempt` on `shard`, then on the shards that the fences name, until one of them accepts it.
 *
 * @param stale called with the answer of a fence that named another shard than the one asked
 * @param deadline until when it may wait between attempts, on the clock of `performance.now()`
 * @param failed the error of the first attempt, if the caller has made that attempt already
 * @throws FenceError when the fence stays shut, or the shards do not agree on the owner
 */
export async function followOwner<T>(
  target: WriteTarget,
  shard: number,
  attempt: (shard: number) => Promise<T>,
  stale: (said: BucketElsewhereError | KeyElsewhereError) => void,
  deadline: number,
  failed?: unknown,
): Promise<T> {
  let owner = shard;
  let last = failed;
  const patientUntil = performance.now() + PATIENCE_MS;
  const patient = () =>
    performance.now() < patientUntil && !(fencedOffBy(last) instanceof TransactionAbortedError);
  for (let tries = 0; tries < MAX_ATTEMPTS || patient(); tries += 1) {
    try {
      if (tries === 0 && failed !== undefined) throw failed;
      return await attempt(owner);
    } catch (error) {
      last = error;
      const fencedOff = fencedOffBy(error);
      if (fencedOff === undefined) {
        const found = routerErrorOf(error);
        if (found instanceof KeyElsewhereError) stale(found);
        throw error;
      }
      if (fencedOff instanceof BucketElsewhereError) {
        stale(fencedOff);
        owner = fencedOff.owner;
        if (tries < TURNS_AT_ONCE) continue;
      }
    }
    await backOff(tries, deadline);
  }
  const fencedOff = fencedOffBy(last);
  if (fencedOff instanceof BucketElsewhereError) {
    const disagreement = `${describeTarget(target)}: the shards do not agree whose it is`;
    last = new FenceError(disagreement, { cause: last });
    final.add(last as FenceError);
  } else if (fencedOff !== undefined) {
    final.add(fencedOff);
  }
  throw last;
}

/** Waits a little longer each time, with jitter: up to about 0.2 s, and not past the deadline. */
async function backOff(tries: number, deadline: number): Promise<void> {
  const left = Math.max(0, deadline - performance.now());
  const ms = Math.min(left, Math.random() * Math.min(200, 5 * 2 ** tries));
  await new Promise((resolve) => setTimeout(resolve, ms));
}
