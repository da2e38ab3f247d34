import type { MoveDifference, MoveOptions, MoveReport, MoveStatus, MoveCluster } from './move-options.ts';
import type { CleanUpChoice, CleanUpPreview } from './clean-up.ts';
import type { MovePlan } from './move-plan.ts';
import type { VerifyOptions } from './verify-moves.ts';

/** What moves buckets, as the functions of the same names do it. */
export interface MoveEngine {
  /**
   * Looks whether a plan can be run now, and changes nothing.
   *
   * @throws MovePlanStaleError, MovePlanInvalidError, ParticipantError, SchemaDiffersError, SpaceError, ClockSkewError,
   *   RelayBehindError, EngineRefusedError, DayLeavingError, TableNotMovableError; of the router ShardIdentityError; what
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

  /** Goes on, from anywhere, with what is in the books and not at its end: of one plan, or of all. */
  resumeMoves(
    cluster: MoveCluster,
    options: MoveOptions & { readonly planId?: string },
  ): Promise<readonly MoveReport[]>;

  /**
   * Takes back, from anywhere, what is in the books and not switched: revokes the target, then opens the source. What is
   * switched is moved back, when `moveBack` says so: plan by plan, the newest first, each as a plan of its own.
   */
  rollbackMoves(
    cluster: MoveCluster,
    options: MoveOptions & { readonly planId?: string; readonly moveBack?: boolean },
  ): Promise<readonly MoveReport[]>;

  /**
   * Compares what the books tell of with the shards, and changes nothing. Empty when all is as it should be.
   *
   * @throws OwnershipError, ShardBehindError and others of `proveOwnership` when not everything has one owner
   */
  verifyMoves(cluster: MoveCluster, options?: VerifyOptions): Promise<readonly MoveDifference[]>;

  /** Says what {@link cleanUp} would do now; with `verify` it also compares, as that does. Changes nothing. */
  previewCleanUp(
    cluster: MoveCluster,
    options: CleanUpChoice & { readonly verify?: Omit<VerifyOptions, 'planId'> },
  ): Promise<CleanUpPreview>;

  /**
   * Removes from the sources what was moved away at least `graceMs` ago (default one hour), in small batches, after it was
   * verified that the target has it. Gives how many rows are gone.
   *
   * @throws MoveDifferenceError when the target lacks something; nothing of that bucket is removed
   */
  cleanUp(cluster: MoveCluster, options: MoveOptions & CleanUpChoice): Promise<number>;

  /** All moves in the books, the newest plan first. */
  readMoves(cluster: MoveCluster): Promise<readonly MoveStatus[]>;
}
