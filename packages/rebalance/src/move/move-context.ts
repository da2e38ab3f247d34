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
  /** Called with the number of rows after each copy. */
  readonly copied: (rows: number) => void;
  /** Called after each step. When it throws, the run ends as if its process had died. */
  readonly after: (move: BookedMove, step: MoveStep) => Promise<void>;
}

/** Ends a run as if its process had died: it gives no lease back and opens no bucket. */
export class RunDiedError extends Error {}

/** MySQL's error number for a transaction that the server has rolled back because of a deadlock. */
const DEADLOCK = 1213;
const TRIES = 5;

/** Runs a durable step on a shard: one transaction, in which the lease is held. Runs `fn` again after a deadlock. */
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

/** Converts a booked move into the form that a plan has. */
export function planned({ kind, bucket, source, target, cells }: BookedMove): BucketMove {
  return { kind, bucket, from: source, to: target, cells: cellsOf({ cells }).map(({ at }) => at) };
}

/** Waits some milliseconds. Throws the signal's reason when the run is aborted. */
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
