import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import type { OperationLeases } from '../lease/operation-leases.ts';
import type { BookedMove, MovingCell } from '../sql/move/books.ts';
import type { MoveCluster, MoveLimits, MoveOptions } from './move-options.ts';
import type { BucketMove, MoveStep } from './move-plan.ts';
import type { Pace } from './pace.ts';
import type { MovingTables } from './table-layout.ts';

/** What a run of moves works with. */
export interface MoveContext {
  readonly cluster: MoveCluster;
  readonly tables: MovingTables;
  readonly limits: MoveLimits;
  readonly leases: OperationLeases;
  readonly pace: Pace;
  readonly options: MoveOptions;
  /** Aborts when the caller ends the run, or a lease is lost. */
  readonly signal: AbortSignal;
  /** Is told of rows that were copied. */
  readonly copied: (rows: number) => void;
  /** Is told of a step that is done; what it throws ends the run as a death would. */
  readonly after: (move: BookedMove, step: MoveStep) => Promise<void>;
}

/** The end of a run as if its process had died: nothing is given back. */
export class RunDiedError extends Error {}

/** What the server answers the one of two transactions that it has taken back whole, since they waited for each other. */
const DEADLOCK = 1213;
const TRIES = 5;

/** Runs a durable step of a shard: one transaction, in which the lease is held. It may run again after a deadlock. */
export async function durable<T>(
  context: MoveContext,
  shard: number,
  fn: (session: ShardSession) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await context.cluster.onShard(shard, (session) =>
        inTransaction(session, async () => {
          await context.leases.check(session);
          return fn(session);
        }),
      );
      context.options.onChanged?.();
      return result;
    } catch (error) {
      if ((error as { readonly errno?: number }).errno !== DEADLOCK || tries === TRIES) throw error;
      await pauseRun(context, 10 * tries * Math.random());
    }
  }
}

/** The fence rows of a booked move. */
export function cellsOf({ cells }: Pick<BookedMove, 'cells'>): readonly MovingCell[] {
  return JSON.parse(cells) as MovingCell[];
}

/** A booked move as a plan has it. */
export function planned({ kind, bucket, source, target, cells }: BookedMove): BucketMove {
  return { kind, bucket, from: source, to: target, cells: cellsOf({ cells }).map(({ at }) => at) };
}

/** Waits some milliseconds, or until the run is to end, which is thrown. */
export async function pauseRun({ signal }: Pick<MoveContext, 'signal'>, ms: number): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
