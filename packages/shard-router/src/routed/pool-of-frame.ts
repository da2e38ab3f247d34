import type { Frame } from '../context/scope.ts';
import type { ShardPool } from '../pools/shard-pool.ts';
import type { Shards } from '../pools/shards.ts';

/** The pool that the statements of a frame go to. Throws {@link ShardUnavailableError} when its shard does not answer. */
export function poolOf(shards: Shards, frame: Frame): ShardPool {
  const shard = shards.get(frame.shard);
  const reads = frame.role === 'reader' && !frame.life.writes.committed && frame.transaction === undefined;
  return reads ? shard.reader() : shard.writer();
}
