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
/** For so long a fence that lets nobody pass is waited for, whatever the attempts: a bucket that moves is open by then. */
const PATIENCE_MS = 3_000;
/** The first turns to another shard are made at once; then the shards may be in the middle of a hand-over. */
const TURNS_AT_ONCE = 2;

/**
 * Errors for which nothing is run again. Some end the pursuit of a target: work around that is of another target would
 * only do twice what it did, and that of the same target would multiply the attempts. Others came after a commit.
 */
const final = new WeakSet<RouterError>();

/** Marks an error as one for which nothing is run again, because something was committed before it; gives it back. */
export function onceOnly<E>(error: E): E {
  const found = routerErrorOf(error);
  if (found !== undefined) final.add(found);
  return error;
}

/**
 * The error for which work on a target is tried again: its fence was shut, its bucket lives elsewhere, or the server gave
 * it up. ORMs wrap it in errors of their own. Undefined for any other, and for one that work inside, with a target of its
 * own, has ended with.
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
 * Runs `attempt` on `shard`, then where the fences say, until one takes it.
 *
 * @param stale is told what a fence said when it named another shard than was asked
 * @param deadline until when it may wait between attempts, on the clock of `performance.now()`
 * @param failed how the first attempt has failed, where it was made before
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
