import { loadMap, type ShardSession } from '@ordershard/shard-router';
import { type BookedMove, deleteRevoked, insertMoves, readBooks } from '../sql/move/books.ts';
import { shareFences } from '../sql/move/fences.ts';
import { allBooked, bookedAlready, unfinished } from './books.ts';
import { BucketMover } from './bucket-mover.ts';
import { checkDays } from './check-days.ts';
import { FenceStateError } from './errors.ts';
import { durable, type MoveContext, planned } from './move-context.ts';
import type { MoveCluster, MoveOptions, MoveReport } from './move-options.ts';
import type { MovePlan } from './move-plan.ts';
import { eachMove, preparePartitions, type RunCounts, withRun } from './move-run.ts';
import { type CheckedMove, preflight } from './preflight.ts';
import { countByOwner, phasesOf } from './phases.ts';
import { publishOwners } from './publish-owners.ts';
import { sealMembers } from '../ownership/publish.ts';
import { readMovingTables } from './table-layout.ts';

/** Runs a plan. See `MoveEngine.moveBuckets`. */
export async function moveBuckets(
  cluster: MoveCluster,
  plan: MovePlan,
  options: MoveOptions,
): Promise<MoveReport> {
  const { tables, moves, rows } = await preflight(cluster, plan, options);
  const shards = moves.flatMap(({ from, to }) => [from, to]);
  const what = `moves ${moves.length} buckets (plan ${plan.id})`;
  return withRun(
    { cluster, options, tables, shards, what, total: moves.length, totalRows: rows },
    async (context, counts) => {
      // Check once more, now that the leases keep all others away from these shards.
      await preflight(cluster, plan, options);
      await bookMoves(context, plan, moves);
      // The seals tell other shards what will leave a shard, or come to it, before it does.
      await sealMembers(cluster, { by: options.by, what, changed: true });
      const sources = { ...cluster, shards: [...new Set(moves.map(({ from }) => from))] };
      const booked = (await allBooked(sources, plan.id)).toSorted(byPlan(plan));
      for (const move of booked) await context.after(move, 'planned');
      return runMoves(context, counts, plan.id, booked);
    },
  );
}

/** Continues the moves in the books. See `MoveEngine.resumeMoves`. */
export async function resumeMoves(
  cluster: MoveCluster,
  options: MoveOptions & { readonly planId?: string },
): Promise<readonly MoveReport[]> {
  const open = unfinished(await allBooked(cluster, options.planId));
  if (open.length === 0) {
    // A run may have died after its last switch and before it published the map.
    await publishOwners(cluster, options);
    return [];
  }
  const reports: MoveReport[] = [];
  for (const [planId, moves] of Map.groupBy(open, ({ plan_id: id }) => id)) {
    const tables = await cluster.onShard(moves[0]!.source, (session) =>
      readMovingTables(session, cluster.tables),
    );
    const shards = moves.flatMap(({ source, target }) => [source, target]);
    const what = `resumes ${moves.length} moves (plan ${planId})`;
    reports.push(
      await withRun(
        { cluster, options, tables, shards, what, total: moves.length, totalRows: 0 },
        async (context, counts) =>
          runMoves(context, counts, planId, unfinished(await allBooked(cluster, planId))),
      ),
    );
  }
  return reports;
}

/**
 * Moves the buckets of a plan that are not switched. Publishes the map after each phase, and also when a move has failed: the
 * router draws numbers for a key by the map.
 */
export async function runMoves(
  context: MoveContext,
  counts: RunCounts,
  planId: string,
  moves: readonly BookedMove[],
): Promise<MoveReport> {
  const begun = performance.now();
  const pauses = new Map<string, number>();
  // Days may have left a shard since the plan was booked. A move beyond `planned` keeps retention away from both shards.
  await checkDays(context.cluster, moves.filter(({ step }) => step === 'planned').map(planned));
  await preparePartitions(context, moves);
  const publishing = { by: context.options.by, changed: true };
  try {
    const { clusterId, shards, onShard } = context.cluster;
    const { epochs } = await loadMap(shards, clusterId, onShard);
    const owned = countByOwner(epochs.at(-1)!.owners);
    for (const phase of phasesOf(
      moves.map((booked) => ({ ...planned(booked), booked })),
      owned,
    )) {
      const some = phase.map(({ booked }) => booked);
      await eachMove(context, some, async (move) => {
        const { pauseMs } = await new BucketMover(context, move).run();
        if (pauseMs !== null) pauses.set(nameOf(move), pauseMs);
      });
      await publishOwners(context.cluster, publishing);
    }
  } catch (error) {
    // Publish what has moved, even when not everything has moved.
    if (counts.done > 0 && !context.signal.aborted)
      await publishOwners(context.cluster, publishing).catch(() => undefined);
    throw error;
  }
  const map = await publishOwners(context.cluster, publishing);
  return {
    planId,
    switched: moves.map(planned),
    revoked: [],
    rows: counts.rows,
    seconds: (performance.now() - begun) / 1_000,
    pausesMs: moves.flatMap((move) => pauses.get(nameOf(move)) ?? []),
    mapVersion: map.version,
  };
}

const nameOf = ({ kind, bucket }: Pick<BookedMove, 'kind' | 'bucket'>) => `${kind} ${bucket}`;

function byPlan({ moves }: MovePlan): (a: BookedMove, b: BookedMove) => number {
  const place = new Map(moves.map((move, index) => [nameOf(move), index]));
  return (a, b) => (place.get(nameOf(a)) ?? 0) - (place.get(nameOf(b)) ?? 0);
}

/**
 * Locks the fences of a move, shared, while it is booked. Throws when somebody has cut them since the preflight read them, as
 * restoring a number does.
 */
async function expectAsFound(session: ShardSession, { kind, bucket, moving }: CheckedMove): Promise<void> {
  const now = await shareFences(
    session,
    kind,
    bucket,
    moving.map(({ at }) => at),
  );
  const same = moving.every((cell) =>
    now.some(({ at, to, state }) => at === cell.at && to === cell.to && state === cell.becomes),
  );
  if (!same)
    throw new FenceStateError(`${kind} of bucket ${bucket}: its fences have changed just now; run it again`);
}

/** Writes a plan into the books of its sources, in one transaction on each source. */
async function bookMoves(
  context: MoveContext,
  { id }: MovePlan,
  moves: readonly CheckedMove[],
): Promise<void> {
  const { by, reason = '' } = context.options;
  for (const [source, some] of Map.groupBy(moves, ({ from }) => from)) {
    await durable(context, source, async (session) => {
      const open = unfinished(await readBooks(session));
      const clash = some.find(({ kind, bucket }) =>
        open.some((move) => move.kind === kind && move.bucket === bucket),
      );
      if (clash !== undefined) throw bookedAlready(clash);
      for (const move of some) await expectAsFound(session, move);
      await deleteRevoked(session, id);
      await insertMoves(
        session,
        some.map(({ kind, bucket, to, moving }) => ({
          plan_id: id,
          kind,
          bucket,
          source,
          target: to,
          cells: JSON.stringify(moving),
          started_by: by.slice(0, 128),
          reason: reason.slice(0, 255),
        })),
      );
    });
  }
}
