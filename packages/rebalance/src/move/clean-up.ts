import { proveOwnership } from '../ownership/proof.ts';
import { type BookedMove, setStep } from '../sql/move/books.ts';
import { allBooked, unfinished } from './books.ts';
import { durable } from './move-context.ts';
import type { MoveCluster, MoveDifference, MoveOptions } from './move-options.ts';
import { eachMove, withRun } from './move-run.ts';
import { purge } from './purge.ts';
import { readMovingTables } from './table-layout.ts';
import { type VerifyOptions, verifyOne, verifySome } from './verify-moves.ts';

const GRACE_MS = 3_600_000;

/** Which moves a clean-up is about. */
export interface CleanUpChoice {
  /** The moves of one plan only. */
  readonly planId?: string;
  /** How long ago a bucket must have been switched, milliseconds; an hour by default. */
  readonly graceMs?: number;
}

/** What a clean-up would do now. */
export interface CleanUpPreview {
  /** Moves whose rows would be removed from their sources, and about how many rows those are. */
  readonly moves: number;
  readonly rows: number;
  readonly sources: readonly number[];
  /** Switched moves that the clean-up leaves alone: they are younger, or their bucket is moving again. */
  readonly younger: number;
  /** What the targets lack. The clean-up would remove nothing of these buckets. */
  readonly differences: readonly MoveDifference[];
}

async function choose(cluster: MoveCluster, { planId, graceMs = GRACE_MS }: CleanUpChoice) {
  const booked = await allBooked(cluster);
  const busy = unfinished(booked);
  const moved = booked.filter(
    ({ step, plan_id: id }) => step === 'moved' && (planId === undefined || id === planId),
  );
  const due = moved.filter(
    ({ kind, bucket, switched_ms: ms }) =>
      ms !== null &&
      Number(ms) >= graceMs &&
      !busy.some((move) => move.kind === kind && move.bucket === bucket),
  );
  return { due, younger: moved.length - due.length };
}

/**
 * Returns what a clean-up would do; with `verify` it also compares the shards. Changes nothing. See
 * `MoveEngine.previewCleanUp`.
 */
export async function previewCleanUp(
  cluster: MoveCluster,
  { verify, ...choice }: CleanUpChoice & { readonly verify?: Omit<VerifyOptions, 'planId'> },
): Promise<CleanUpPreview> {
  await proveOwnership(cluster);
  const { due, younger } = await choose(cluster, choice);
  return {
    moves: due.length,
    rows: due.reduce((sum, { row_count: rows }) => sum + Number(rows), 0),
    sources: [...new Set(due.map(({ source }) => source))].toSorted((a, b) => a - b),
    younger,
    differences: verify === undefined ? [] : await verifySome(cluster, due, verify),
  };
}

/** Removes from the sources the rows that have moved away. See `MoveEngine.cleanUp`. */
export async function cleanUp(cluster: MoveCluster, options: MoveOptions & CleanUpChoice): Promise<number> {
  await proveOwnership(cluster);
  const { due: moves } = await choose(cluster, options);
  if (moves.length === 0) return 0;
  const tables = await cluster.onShard(cluster.shards[0]!, (session) =>
    readMovingTables(session, cluster.tables),
  );
  const shards = moves.map(({ source }) => source);
  const what = `cleans up after ${moves.length} moves`;
  let gone = 0;
  await withRun(
    { cluster, options, tables, shards, what, total: moves.length, totalRows: 0 },
    async (context) =>
      eachMove(context, moves, async (move: BookedMove) => {
        await verifyOne(context, move);
        const rows = await purge(context, move.source, move);
        gone += rows; // Several moves run at once: a sum from before the `await` may be old.
        await durable(context, move.source, (session) => setStep(session, move, 'cleaned'));
        await context.after(move, 'cleaned');
      }),
  );
  return gone;
}
