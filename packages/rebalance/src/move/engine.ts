import type { MoveDifference, MoveOptions, MoveReport, MoveStatus, MoveCluster } from './move-options.ts';
import type { CleanUpChoice, CleanUpPreview } from './clean-up.ts';
import type { MovePlan } from './move-plan.ts';
import type { VerifyOptions } from './verify-moves.ts';

/** The operations on moving buckets. Each is implemented by the function of the same name. */
export interface MoveEngine {
  /**
   * Checks whether a plan can run now. Changes nothing.
   *
   * @throws MovePlanStaleError, MovePlanInvalidError, ParticipantError, SchemaDiffersError, SpaceError, ClockSkewError,
   *   RelayBehindError, EngineRefusedError, DayLeavingError, TableNotMovableError; ShardIdentityError of the router; what
   *   `proveOwnership` throws
   */
  preflight(cluster: MoveCluster, plan: MovePlan, options?: Pick<MoveOptions, 'limits'>): Promise<void>;

  /**
   * Runs a plan: preflight, lease, the books, then bucket by bucket to the switch; at the end the next version of the
   * shard map. Left-overs stay on the sources until `cleanUp`.
   *
   * @throws the errors of {@link preflight}, with nothing changed
   * @throws ShardBusyError when another operation holds a shard
   * @throws MoveDifferenceError, FenceStateError, LongTransactionError, OperationLeaseLostError: the bucket is open for
   *   writes again, and what is not switched waits for `resumeMoves` or `rollbackMoves`
   */
  moveBuckets(cluster: MoveCluster, plan: MovePlan, options: MoveOptions): Promise<MoveReport>;

  /** Continues the moves in the books that are not at their end, from any step: those of one plan, or all. */
  resumeMoves(
    cluster: MoveCluster,
    options: MoveOptions & { readonly planId?: string },
  ): Promise<readonly MoveReport[]>;

  /**
   * Takes back the moves in the books that are not switched, from any step: revokes the target, then opens the source. With
   * `moveBack` it also moves back the buckets that are switched: plan by plan, the newest first, each as a plan of its own.
   */
  rollbackMoves(
    cluster: MoveCluster,
    options: MoveOptions & { readonly planId?: string; readonly moveBack?: boolean },
  ): Promise<readonly MoveReport[]>;

  /**
   * Compares the moves in the books with the shards. Changes nothing. Returns an empty list when all is as it should be.
   *
   * @throws OwnershipError, ShardBehindError and others of `proveOwnership` when not everything has one owner
   */
  verifyMoves(cluster: MoveCluster, options?: VerifyOptions): Promise<readonly MoveDifference[]>;

  /** Returns what {@link cleanUp} would do now. With `verify` it also compares, as {@link cleanUp} does. Changes nothing. */
  previewCleanUp(
    cluster: MoveCluster,
    options: CleanUpChoice & { readonly verify?: Omit<VerifyOptions, 'planId'> },
  ): Promise<CleanUpPreview>;

  /**
   * Removes from the sources the rows that were moved away at least `graceMs` ago (default one hour), in small batches.
   * Verifies first that the target has them. Returns how many rows are gone.
   *
   * @throws MoveDifferenceError when the target lacks something; nothing of that bucket is removed
   */
  cleanUp(cluster: MoveCluster, options: MoveOptions & CleanUpChoice): Promise<number>;

  /** Returns all moves in the books, the newest plan first. */
  readMoves(cluster: MoveCluster): Promise<readonly MoveStatus[]>;
}
