import type { ShardMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import type { BucketMove, MoveKind, MoveStep } from './move-plan.ts';

/** The cluster whose buckets move. */
export interface MoveCluster extends OperatorCluster {
  /** Tells the routers that a map was published. Without it the routers find out by themselves, a little later. */
  readonly announce?: (map: ShardMap) => Promise<void>;
  /** Returns how many bytes a shard's database may hold, or undefined when that is not known. */
  readonly capacityOf?: (shard: number) => bigint | undefined;
}

/** How fast rows are copied. */
export interface MoveThrottle {
  /** Rows a second over all buckets, at the most. */
  readonly rowsPerSecond: number;
  /**
   * Copying slows down, step by step, while a probe's write on source and target takes longer than this multiple of the time
   * that it took before the move.
   */
  readonly latencyRatio: number;
}

/** The throttle of moves that set none: slow enough that callers do not notice. */
export const DEFAULT_THROTTLE: MoveThrottle = { rowsPerSecond: 5_000, latencyRatio: 2 };

/** Bounds of a move. Milliseconds. */
export interface MoveLimits {
  /** How long one try waits for the fence. Writes of the bucket wait just as long. */
  readonly fenceWaitMs: number;
  /** The mover ends a transaction that holds the fence for longer than this. */
  readonly longTransactionMs: number;
  /** How long writes of a bucket may wait at the switch. After that the mover opens the bucket again and tries later. */
  readonly freezeMs: number;
  /** How often the switch of a bucket is tried. */
  readonly switchTries: number;
  /** How far the clocks of the participants may be apart. */
  readonly clockSkewMs: number;
  /** How old the oldest unpublished event of a source may be when a move begins. */
  readonly relayLagMs: number;
}

export const DEFAULT_MOVE_LIMITS: MoveLimits = {
  fenceWaitMs: 100,
  longTransactionMs: 10_000,
  freezeMs: 1_500,
  switchTries: 20,
  clockSkewMs: 1_000,
  relayLagMs: 10_000,
};

/** A move and the step that it has reached. */
export interface MoveAt {
  readonly planId: string;
  readonly move: BucketMove;
  readonly step: MoveStep;
}

/** The progress of a run, for its caller. */
export interface MoveProgress {
  /** Moves of this run that are done: switched, cleaned up, or revoked. */
  readonly done: number;
  readonly total: number;
  /** Rows copied in this run, and about how many there are to copy. */
  readonly rows: number;
  readonly totalRows: number;
  /** The move that has made a step, if a step is the reason for the call. */
  readonly at?: MoveAt;
}

export interface MoveOptions {
  /** Who does it, such as `user@host:pid`: for the lease, and the books. */
  readonly by: string;
  /** Why, for the books. */
  readonly reason?: string;
  /** Undefined: {@link DEFAULT_THROTTLE}. `off`: as fast as it goes. */
  readonly throttle?: MoveThrottle | 'off';
  /** Buckets that are copied at once. Default 1, and 4 where nothing is throttled. */
  readonly parallel?: number;
  readonly limits?: Partial<MoveLimits>;
  /** Ends the run after the steps that are under way; what is not switched is left for `resumeMoves` or `rollbackMoves`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MoveProgress) => void;
  /** Is called after each transaction that has changed something. */
  readonly onChanged?: () => void;
  /**
   * Called when a step is durable, before the next one begins. For tests of a death at that point: when it throws, the run
   * ends at once, as if its process had been killed, and its lease stays until it runs out.
   */
  readonly afterStep?: (at: MoveAt) => Promise<void> | void;
  /** How long the leases of the shards last after the mover was last seen alive. Milliseconds, 15,000 by default. */
  readonly leaseMs?: number;
}

/** How many buckets a run moves at once: one leaves callers room, more are faster. */
export function bucketsAtOnce({ parallel, throttle }: Pick<MoveOptions, 'parallel' | 'throttle'>): number {
  return parallel ?? (throttle === 'off' ? 4 : 1);
}

/** What a run has done. */
export interface MoveReport {
  readonly planId: string;
  /** Moves that are at their end, this run's and those that were before. */
  readonly switched: readonly BucketMove[];
  /** Moves that were taken back. */
  readonly revoked: readonly BucketMove[];
  readonly rows: number;
  readonly seconds: number;
  /** How long writes of each bucket waited at its switch, in the order of `switched`. Milliseconds. */
  readonly pausesMs: readonly number[];
  /** The version of the shard map that has the new owners. */
  readonly mapVersion: number;
}

/** A move as it stands in the books of its source. */
export interface MoveStatus extends MoveAt {
  readonly startedBy: string;
  readonly reason: string;
  readonly rows: number;
  readonly pauseMs: number | undefined;
  /** The error of the last attempt. */
  readonly error: string | undefined;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly plannedAt: string;
  readonly updatedAt: string;
  readonly switchedAt: string | undefined;
}

/** A difference that `verifyMoves` has found in one move. */
export interface MoveDifference {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly table: string;
  /** Up to ten examples of rows that differ or are missing: numbers, text keys, or buckets of keys. */
  readonly examples: readonly string[];
}
