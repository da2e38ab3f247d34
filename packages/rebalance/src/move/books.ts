import { ShardUnavailableError } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { readBooks } from '../sql/move/books.ts';
import { MovePlanInvalidError } from './errors.ts';
import { planned } from './move-context.ts';
import type { BucketMove } from './move-plan.ts';
import type { MoveCluster, MoveStatus } from './move-options.ts';

/** Steps of a move that has nothing left to do except its clean-up. */
const AT_END: readonly BookedMove['step'][] = ['moved', 'cleaned', 'revoked'];

/** Returns the moves in the books of all shards, or those of one plan. Throws when a shard does not answer. */
export async function allBooked(
  { shards, onShard }: MoveCluster,
  planId?: string,
): Promise<readonly BookedMove[]> {
  const books = await Promise.all(shards.map((shard) => onShard(shard, readBooks)));
  return books.flat().filter(({ plan_id: id }) => planId === undefined || id === planId);
}

/** Returns the moves in the books of the shards that answer. Skips a shard that is unavailable. */
export async function bookedWhereHeard({ shards, onShard }: MoveCluster): Promise<readonly BookedMove[]> {
  const books = await Promise.all(
    shards.map((shard) =>
      onShard(shard, readBooks).catch((error: unknown) => {
        if (error instanceof ShardUnavailableError) return [];
        throw error;
      }),
    ),
  );
  return books.flat();
}

/** Returns the moves that are not at their end. */
export function unfinished(moves: readonly BookedMove[]): readonly BookedMove[] {
  return moves.filter(({ step }) => !AT_END.includes(step));
}

/** Returns the error for a bucket that already has a move in the books which is not at its end. */
export function bookedAlready({ kind, bucket }: Pick<BucketMove, 'kind' | 'bucket'>): MovePlanInvalidError {
  return new MovePlanInvalidError(
    `${kind} of bucket ${bucket}: a move of it is in the books and not at its end; resume it, or roll it back`,
  );
}

/** Returns all moves in the books, the newest plan first. */
export async function readMoves(cluster: MoveCluster): Promise<readonly MoveStatus[]> {
  const moves = await allBooked(cluster);
  return moves
    .toSorted((a, b) => (a.planned_at < b.planned_at ? 1 : a.planned_at > b.planned_at ? -1 : 0))
    .map((move) => ({
      planId: move.plan_id,
      move: planned(move),
      step: move.step,
      startedBy: move.started_by,
      reason: move.reason,
      rows: Number(move.row_count),
      pauseMs: move.pause_ms ?? undefined,
      error: move.error ?? undefined,
      plannedAt: move.planned_at,
      updatedAt: move.updated_at,
      switchedAt: move.switched_at ?? undefined,
    }));
}
