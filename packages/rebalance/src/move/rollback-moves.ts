import { loadMap } from '@ordershard/shard-router';
import { type BookedMove, setStep } from '../sql/move/books.ts';
import { clearDirtyTexts } from '../sql/move/dirty-texts.ts';
import { clearDirty } from '../sql/move/dirty.ts';
import { readFences } from '../sql/move/fences.ts';
import { allBooked, unfinished } from './books.ts';
import { BucketMover } from './bucket-mover.ts';
import { changeFences, expectFences, setFences } from './fence-steps.ts';
import { cellsOf, durable, type MoveContext, planned } from './move-context.ts';
import { moveBuckets } from './move-buckets.ts';
import type { MoveCluster, MoveOptions, MoveReport } from './move-options.ts';
import { planFor } from './move-plan.ts';
import { eachMove, withRun } from './move-run.ts';
import { purge } from './purge.ts';
import { publishOwners } from './publish-owners.ts';
import { readMovingTables } from './table-layout.ts';

/** Takes back the moves in the books that are not switched. See `MoveEngine.rollbackMoves`. */
export async function rollbackMoves(
  cluster: MoveCluster,
  options: MoveOptions & { readonly planId?: string; readonly moveBack?: boolean },
): Promise<readonly MoveReport[]> {
  const reports: MoveReport[] = [];
  const booked = await allBooked(cluster, options.planId);
  for (const [planId, moves] of Map.groupBy(unfinished(booked), ({ plan_id: id }) => id)) {
    const tables = await cluster.onShard(moves[0]!.source, (session) =>
      readMovingTables(session, cluster.tables),
    );
    const shards = moves.flatMap(({ source, target }) => [source, target]);
    const what = `rolls back ${moves.length} moves (plan ${planId})`;
    reports.push(
      await withRun(
        { cluster, options, tables, shards, what, total: moves.length, totalRows: 0 },
        (context) => revokeMoves(context, planId),
      ),
    );
  }
  if (options.moveBack !== true) return reports;
  for (const moves of plansToMoveBack(await allBooked(cluster, options.planId)))
    reports.push(await moveBack(cluster, options, moves));
  return reports;
}

async function revokeMoves(context: MoveContext, planId: string): Promise<MoveReport> {
  const begun = performance.now();
  const switched: BookedMove[] = [];
  const revoked: BookedMove[] = [];
  const moves = unfinished(await allBooked(context.cluster, planId));
  await eachMove(context, moves, async (move) => {
    if (await revoke(context, move)) revoked.push(move);
    else {
      // Past the point of no return: finish the move. A bucket that is to come back has to be moved back.
      await new BucketMover(context, move).run();
      switched.push(move);
    }
  });
  const map = await publishOwners(context.cluster, { by: context.options.by, changed: true });
  return {
    planId,
    switched: switched.map(planned),
    revoked: revoked.map(planned),
    rows: 0,
    seconds: (performance.now() - begun) / 1_000,
    pausesMs: [],
    mapVersion: map.version,
  };
}

/**
 * Takes one move back: first revokes the target's fences, then opens the source, then removes the copied rows. Returns false
 * when the target already owns the bucket.
 */
async function revoke(context: MoveContext, move: BookedMove): Promise<boolean> {
  const { source, target, kind, bucket } = move;
  const there = await context.cluster.onShard(target, (session) => readFences(session, kind, bucket));
  const known = cellsOf(move).every(({ at, to }) =>
    there.some((fence) => fence.at === at && fence.to === to),
  );
  if (known) {
    const { result: owned } = await changeFences(context, target, move, async (session, fences) => {
      if (fences.every(({ state }) => ['owned', 'carried', 'capturing', 'frozen'].includes(state)))
        return true;
      expectFences(target, move, fences, ['importing', 'moved']);
      await setFences(session, move, () => 'moved', source);
      return false;
    });
    if (owned) return false;
  }
  await changeFences(context, source, move, async (session, fences) => {
    expectFences(source, move, fences, ['owned', 'carried', 'capturing', 'frozen']);
    await setFences(session, move, ({ becomes }) => becomes, null);
    if (kind === 'numbers') await clearDirty(session, bucket);
    if (kind === 'texts') await clearDirtyTexts(session, bucket);
  });
  if (known) await purge(context, target, move);
  await durable(context, source, (session) => setStep(session, move, 'revoked'));
  await context.after(move, 'revoked');
  return true;
}

/** Returns the switched moves by their plans, the newest plan first: a bucket goes back the way that it came. */
function plansToMoveBack(booked: readonly BookedMove[]): readonly (readonly BookedMove[])[] {
  const moved = booked
    .filter(({ step }) => step === 'moved')
    .toSorted((a, b) => b.planned_at.localeCompare(a.planned_at));
  return [...Map.groupBy(moved, ({ plan_id: id }) => id).values()];
}

/** Moves back what was switched, as a plan of its own. */
async function moveBack(
  cluster: MoveCluster,
  options: MoveOptions,
  moves: readonly BookedMove[],
): Promise<MoveReport> {
  const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
  const back = moves.map((move) => ({ ...planned(move), from: move.target, to: move.source }));
  return moveBuckets(cluster, planFor(map, back), options);
}
