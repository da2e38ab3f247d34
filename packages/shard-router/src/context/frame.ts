import { ShardMismatchError } from '../errors.ts';
import type { ShardTransaction } from '../fence/fenced-transaction.ts';

/** What a scope fixes for the work inside it. Frames are never changed: a nested scope has a frame of its own. */
export interface Frame {
  readonly shard: number;
  readonly transaction: ShardTransaction | undefined;
}

/**
 * Whether a transaction for `number` may join the one that is open around it. Throws {@link ShardMismatchError} when one
 * is open for another number: two of them would not commit together.
 */
export function joinable(frame: Frame | undefined, number: bigint): ShardTransaction | undefined {
  const open = frame?.transaction;
  if (open === undefined) return undefined;
  if (open.number === number) return open;
  throw new ShardMismatchError(
    `a transaction for ${open.number} is open on shard ${open.shard}: none can be opened for ${number} inside it`,
  );
}
