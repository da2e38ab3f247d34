import { begun, isLazy } from '../context/lazy.ts';
import { endScope } from '../context/lent.ts';
import { runInFrame } from '../context/run-in-frame.ts';
import { type Frame, nestedFrame, type ScopeOptions, timeUntil } from '../context/scope.ts';
import { checkScopeOptions } from '../entry/call-options.ts';
import { checkFunction } from '../entry/check-names.ts';
import { checkedTarget } from '../entry/check-target.ts';
import { BucketElsewhereError } from '../errors.ts';
import { fencedOffBy, onceOnly } from '../fence/follow-owner.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { type Key, targetOfKey } from '../routing/key-target.ts';
import { learnOwner, onOwner } from '../topology/on-owner.ts';
import { shardOfTarget } from '../topology/shard-of-target.ts';
import type { RouterDependencies } from './dependencies.ts';

type Callback<T> = () => T | PromiseLike<T>;

/** Runs `fn` in the scope of a key, and again on another shard while the fences send it there and nothing is committed. */
export async function inKeyScope<T>(
  router: RouterDependencies,
  key: Key,
  fn: Callback<T>,
  options: ScopeOptions,
): Promise<T> {
  checkFunction(fn, "the callback of a key's scope");
  checkScopeOptions(options, 'withKey');
  const target = checkedTarget(targetOfKey(key));
  const { carrier, drain, map } = router;
  const outer = carrier.current();
  // All in one function: a scope is entered for each statement, and each further promise would cost noticeable time.
  drain.begin(outer !== undefined);
  let frame: Frame | undefined;
  try {
    frame = nestedFrame(outer, shardOfTarget(map.current, target), target, options);
    const value = carrier.run(frame, fn);
    return await (isLazy(value) ? carrier.run(frame, () => begun(value)) : value);
  } catch (error) {
    const fencedOff = fencedOffBy(error);
    if (frame === undefined || fencedOff === undefined) throw error;
    endScope(frame.life);
    if (frame.life.committed) {
      if (fencedOff instanceof BucketElsewhereError) learnOwner(map, target, fencedOff);
      throw onceOnly(error);
    }
    const { deadline } = frame;
    const again = (shard: number) =>
      inScope(router, shard, target, { ...options, timeoutMs: timeUntil(deadline) }, fn);
    return await onOwner(router, target, again, deadline, error);
  } finally {
    if (frame !== undefined) endScope(frame.life);
    drain.end();
  }
}

/** Runs `fn` in a scope of a shard. The scope has no key, so nothing can be written in it. */
export async function inShardScope<T>(
  router: RouterDependencies,
  shard: number,
  fn: Callback<T>,
  options: ScopeOptions,
): Promise<T> {
  router.shards.get(shard);
  checkFunction(fn, "the callback of a shard's scope");
  checkScopeOptions(options, 'withShard');
  return router.drain.run(router.carrier.current() !== undefined, () =>
    inScope(router, shard, undefined, options, fn),
  );
}

async function inScope<T>(
  { carrier }: RouterDependencies,
  shard: number,
  target: WriteTarget | undefined,
  options: ScopeOptions,
  fn: Callback<T>,
): Promise<T> {
  const frame = nestedFrame(carrier.current(), shard, target, options);
  try {
    return await runInFrame(carrier, frame, fn);
  } catch (error) {
    throw frame.life.committed ? onceOnly(error) : error;
  }
}
