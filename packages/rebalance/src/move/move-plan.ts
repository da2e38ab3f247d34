import { randomUUID } from 'node:crypto';
import type { ShardMap } from '@ordershard/shard-router';

/** What of a bucket moves: the rows of its order numbers, those of its keys, or those of its text keys. */
export type MoveKind = 'numbers' | 'keys' | 'texts';

export const MOVE_KINDS: readonly MoveKind[] = ['numbers', 'keys', 'texts'];

/** One bucket that is to go from one shard to another. */
export interface BucketMove {
  readonly kind: MoveKind;
  readonly bucket: number;
  /** The shard that owns it now. */
  readonly from: number;
  readonly to: number;
  /**
   * Of numbers: the first numbers, as decimal text, of the ranges (epochs) that move; of keys: the key generations, as
   * decimal text; of texts the bucket itself. All that the source owns of the bucket unless given.
   */
  readonly cells?: readonly string[];
}

/** What is to be moved, as it was decided for one version of the shard map. */
export interface MovePlan {
  /** A UUID: what the durable rows of the move are found by. */
  readonly id: string;
  /** The cluster that it was made for. */
  readonly cluster: string;
  /** The version of the shard map that it was made for, and its hash. Another one makes it void. */
  readonly mapVersion: number;
  readonly mapHash: string;
  /** A kind of a bucket stands in it once at the most. In this order they are begun. */
  readonly moves: readonly BucketMove[];
}

/** A plan of moves for a map, under an id of its own. */
export function planFor(map: ShardMap, moves: readonly BucketMove[]): MovePlan {
  return { id: randomUUID(), ...boundTo(map), moves };
}

/** What binds a plan to the map that it was made for. */
export function boundTo({ clusterId, version, hash }: ShardMap): Omit<MovePlan, 'id' | 'moves'> {
  return { cluster: clusterId, mapVersion: version, mapHash: hash };
}

/**
 * The steps of a bucket's move, in their order. The books keep those that are done on the source; `importing`, `purged`
 * and `owned` are the target's, and `caught_up` and `verified` change nothing. Before `owned` the source is the owner,
 * from it on the target.
 *
 * - `planned`: the move is in the books of the source; nothing else was changed
 * - `importing`: the target's fence expects the bucket
 * - `purged`: what an earlier move has left on the target is gone
 * - `capturing`: the source notes which numbers are written; writes that were under way have ended
 * - `copied`: every row was copied once
 * - `caught_up`: what was written meanwhile was copied, but for the last moment's
 * - `verified`: source and target were compared
 * - `frozen`: writes of the bucket wait, while the rest is copied, compared, and relayed
 * - `owned`: the target owns the bucket
 * - `moved`: the source's fence sends everyone to the target
 * - `cleaned`: the source's rows are gone
 * - `revoked`: the move was taken back before the switch
 */
export const MOVE_STEPS = [
  'planned',
  'importing',
  'purged',
  'capturing',
  'copied',
  'caught_up',
  'verified',
  'frozen',
  'owned',
  'moved',
  'cleaned',
  'revoked',
] as const;

export type MoveStep = (typeof MOVE_STEPS)[number];
