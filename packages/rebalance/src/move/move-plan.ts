import { randomUUID } from 'node:crypto';
import type { ShardMap } from '@ordershard/shard-router';

/** Which rows of a bucket move: those of its order numbers, those of its keys, or those of its text keys. */
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
   * What moves. Numbers: the first numbers, as decimal text, of the ranges (epochs). Keys: the key generations, as decimal
   * text. Texts: the bucket itself. Default: all that the source owns of the bucket.
   */
  readonly cells?: readonly string[];
}

/** The moves that were decided for one version of the shard map. */
export interface MovePlan {
  /** A UUID. The durable rows of the moves are found by it. */
  readonly id: string;
  /** The cluster that it was made for. */
  readonly cluster: string;
  /** The version of the shard map that the plan was made for, and its hash. With any other map the plan is void. */
  readonly mapVersion: number;
  readonly mapHash: string;
  /** At most one move for each kind and bucket. The moves of a phase (see `phasesOf`) begin in this order. */
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
 * The steps of a bucket's move, in their order. The books keep the steps that are done on the source. `importing`, `purged`
 * and `owned` are steps of the target; `caught_up` and `verified` change nothing. Until `owned` the source is the owner, from
 * `owned` on the target.
 *
 * - `planned`: the move is in the books of the source; nothing else was changed
 * - `importing`: the target's fence expects the bucket
 * - `purged`: the rows that an earlier move left on the target are gone
 * - `capturing`: the source notes which numbers are written; writes that were under way have ended
 * - `copied`: every row was copied once
 * - `caught_up`: the writes since then were copied, except those of the last moment
 * - `verified`: source and target were compared
 * - `frozen`: writes of the bucket wait, while the rest is copied, compared, and relayed
 * - `owned`: the target owns the bucket
 * - `moved`: the source's fence sends all callers to the target
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
