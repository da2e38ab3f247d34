import { OperationLeaseLostError } from '../lease/errors.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { StoppedError } from '../errors.ts';
import { type BookedMove, setError, setStep } from '../sql/move/books.ts';
import { listPartitions } from '../sql/partitions.ts';
import { withoutGoneDays } from './check-days.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { MoveDifferenceError } from './errors.ts';
import { durable, type MoveContext, planned, RunDiedError } from './move-context.ts';
import {
  bucketsAtOnce,
  DEFAULT_MOVE_LIMITS,
  DEFAULT_THROTTLE,
  type MoveCluster,
  type MoveOptions,
} from './move-options.ts';
import type { MoveStep } from './move-plan.ts';
import { Pace } from './pace.ts';
import type { MovingTables } from './table-layout.ts';

/** What a run works on, for its lease and its progress reports. */
export interface RunRequest {
  readonly cluster: MoveCluster;
  readonly options: MoveOptions;
  readonly tables: MovingTables;
  /** The shards that take part. */
  readonly shards: readonly number[];
  readonly what: string;
  /** How many moves the caller waits for, and about how many rows they have. */
  readonly total: number;
  readonly totalRows: number;
}

/** Counts of a run that is under way. */
export interface RunCounts {
  rows: number;
  done: number;
}

/**
 * Holds the leases of the shards while `fn` works on them.
 *
 * @throws ShardBusyError, OperationLeaseLostError; StoppedError when the caller has ended it
 */
export async function withRun<T>(
  request: RunRequest,
  fn: (context: MoveContext, counts: RunCounts) => Promise<T>,
): Promise<T> {
  const { cluster, options, tables, shards, total, totalRows } = request;
  const { by, throttle = DEFAULT_THROTTLE, leaseMs } = options;
  const leases = await OperationLeases.acquire(cluster.onShard, shards, {
    holder: by,
    what: request.what,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  const died = new AbortController();
  const signals = [leases.signal, died.signal];
  if (options.signal !== undefined) signals.push(options.signal);
  const pace = new Pace(throttle === 'off' ? undefined : throttle, () => leases.beat());
  const counts: RunCounts = { rows: 0, done: 0 };
  const tell = (move?: BookedMove, step?: MoveStep) =>
    options.onProgress?.({
      ...counts,
      total,
      totalRows,
      ...(move === undefined || step === undefined
        ? {}
        : { at: { planId: move.plan_id, move: planned(move), step } }),
    });
  const context: MoveContext = {
    cluster,
    tables,
    options,
    leases,
    pace,
    limits: { ...DEFAULT_MOVE_LIMITS, ...options.limits },
    signal: AbortSignal.any(signals),
    copied: (rows) => {
      counts.rows += rows;
      tell();
    },
    after: async (move, step) => {
      if (died.signal.aborted) throw died.signal.reason;
      if (step === 'moved' || step === 'cleaned' || step === 'revoked') counts.done += 1;
      tell(move, step);
      try {
        await options.afterStep?.({ planId: move.plan_id, move: planned(move), step });
      } catch (error) {
        died.abort(new RunDiedError('the run was ended as if it had died', { cause: error }));
        throw died.signal.reason;
      }
    },
  };
  try {
    await pace.start();
    return await fn(context, counts);
  } catch (error) {
    if (died.signal.aborted) leases.stop();
    else if (options.signal?.aborted === true && error === options.signal.reason)
      throw new StoppedError(`stopped: ${counts.done} of ${total} buckets are done, the others wait`, {
        cause: error,
      });
    throw error;
  } finally {
    pace.end();
    if (!died.signal.aborted) await leases.release();
  }
}

/**
 * Works on the moves in their order, some at a time. After the first failure it begins no other move, waits for those that
 * are under way, and throws the failure.
 */
export async function eachMove(
  context: MoveContext,
  moves: readonly BookedMove[],
  work: (move: BookedMove) => Promise<void>,
): Promise<void> {
  const queue = [...moves];
  const failures: unknown[] = [];
  const lane = async () => {
    for (;;) {
      const move = queue.shift();
      if (move === undefined || failures.length > 0) return;
      try {
        context.signal.throwIfAborted();
        await work(move);
      } catch (error) {
        failures.push(error instanceof RunDiedError ? error : await noteFailure(context, move, error));
      }
    }
  };
  await Promise.all(Array.from({ length: bucketsAtOnce(context.options) }, lane));
  if (failures.length > 0) throw failures.find((error) => error instanceof RunDiedError) ?? failures[0];
}

/**
 * Writes into the books why a move has failed. Before the switch, a difference means that the next run must not go on from
 * the copied rows. After the switch, when a clean-up has found the difference, the bucket stays where it is. Returns the
 * error to throw: that of a lost lease goes first, since such a mover has seen what another has made of the bucket.
 */
async function noteFailure(context: MoveContext, move: BookedMove, error: unknown): Promise<unknown> {
  // A run that was asked to stop has not failed.
  if (context.options.signal?.aborted === true && error === context.options.signal.reason) return error;
  const text = error instanceof Error ? error.message : String(error);
  try {
    await durable(context, move.source, async (session) => {
      if (error instanceof MoveDifferenceError && move.step !== 'moved')
        await setStep(session, move, 'capturing');
      await setError(session, move, text);
    });
  } catch (failure) {
    if (failure instanceof OperationLeaseLostError) return failure;
    // The failure of the move is the one to report.
  }
  return error;
}

/** Creates on every target the daily partitions of its sources, except for days that have left the target. */
export async function preparePartitions(context: MoveContext, moves: readonly BookedMove[]): Promise<void> {
  const { cluster } = context;
  for (const [, some] of Map.groupBy(moves, ({ source, target }) => `${source} ${target}`)) {
    const { source, target } = some[0]!;
    for (const { table, partitionedBy, moves: how } of cluster.tables) {
      if (partitionedBy !== 'number' || how === undefined) continue;
      const wanted = await cluster.onShard(source, (session) => listPartitions(session, table));
      await cluster.onShard(target, async (session) =>
        ensurePartitions(session, table, await withoutGoneDays(session, wanted)),
      );
    }
  }
}
