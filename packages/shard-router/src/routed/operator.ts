import { checkWithin, noteCommitted } from '../context/scope.ts';
import { checkFunction } from '../entry/check-names.ts';
import type { ShardSession } from '../pools/session.ts';
import type { RouterDependencies } from './dependencies.ts';

/** Runs `fn` with an operator's session on a shard, if the scope around it allows that shard. */
export async function withOperator<T>(
  { carrier, drain, shards }: RouterDependencies,
  on: number,
  fn: (session: ShardSession) => T | PromiseLike<T>,
): Promise<T> {
  const shard = shards.get(on);
  checkFunction(fn, 'the callback of onShard');
  const outer = carrier.current();
  if (outer !== undefined) {
    checkWithin(outer, on);
    noteCommitted(outer, on); // Whether it only reads is not known.
  }
  return drain.run(outer !== undefined, () => shard.operate(async (session) => fn(session)));
}
