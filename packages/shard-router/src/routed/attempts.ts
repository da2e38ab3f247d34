import { deadlineIn, type Frame, nestedFrame, type ScopeOptions, timeUntil } from '../context/scope.ts';
import type { WriteTarget } from '../fence/write-target.ts';

/** The attempts of a piece of work on the writers of shards. They share one deadline, which begins with the first. */
export interface Attempts {
  /** On the clock of `performance.now()`; Infinity for none. */
  readonly deadline: number;
  /** The frame of an attempt on a shard. Throws as {@link nestedFrame} does. */
  readonly frame: (shard: number) => Frame;
}

/** @param outer the scope around the work */
export function attemptsOf(outer: Frame | undefined, target: WriteTarget, options: ScopeOptions): Attempts {
  const deadline = Math.min(deadlineIn(options.timeoutMs), outer?.deadline ?? Infinity);
  return {
    deadline,
    frame: (shard) =>
      nestedFrame(outer, shard, target, { ...options, role: 'writer', timeoutMs: timeUntil(deadline) }),
  };
}
