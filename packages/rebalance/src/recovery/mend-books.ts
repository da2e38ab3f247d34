import { randomUUID } from 'node:crypto';
import type { ShardSession } from '@ordershard/shard-router';
import { unfinished } from '../move/books.ts';
import { MOVE_KINDS } from '../move/move-plan.ts';
import { insertMoves, readBooks, setSwitched } from '../sql/move/books.ts';
import type { GivenAway } from './write-fences.ts';

/**
 * Notes in a shard's books, in an open transaction, what the shard has given away since its backup. So the rows that are left
 * there can be compared and cleaned up as after any move.
 *
 * @param by who mends them
 * @returns the ids of the plans that the moves are noted under
 */
export async function mendBooks(
  session: ShardSession,
  given: readonly GivenAway[],
  by: string,
): Promise<readonly string[]> {
  const { shard } = session;
  const plans = new Map<number, string>();
  const open = unfinished(await readBooks(session));
  const isGone = (kind: string, bucket: number, target: number) =>
    given.some((cell) => cell.kind === kind && cell.bucket === bucket && cell.owner === target);
  const ended = open.filter(({ kind, bucket, target }) => isGone(kind, bucket, target));
  for (const move of ended) await setSwitched(session, move, Number(move.row_count), null);
  for (const owner of new Set(given.map((cell) => cell.owner))) {
    const plan_id = randomUUID();
    const moves = MOVE_KINDS.flatMap((kind) => {
      const cells = given.filter((cell) => cell.kind === kind && cell.owner === owner);
      return [...Map.groupBy(cells, ({ bucket }) => bucket)]
        .filter(([bucket]) => !ended.some((move) => move.kind === kind && move.bucket === bucket))
        .map(([bucket, some]) => ({
          plan_id,
          kind,
          bucket,
          source: shard,
          target: owner,
          cells: JSON.stringify(some.map(({ at, to }) => ({ at, to, becomes: 'owned' }))),
          started_by: by,
          reason: 'given away before the shard was restored',
        }));
    });
    if (moves.length === 0) continue;
    await insertMoves(session, moves);
    for (const move of moves) await setSwitched(session, move, 0, null);
    plans.set(owner, plan_id);
  }
  return [...plans.values()];
}
