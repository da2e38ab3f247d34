import { EXIT } from '../cli/exit-codes.ts';
import { RebalanceError, ShardError } from '../errors.ts';

/** The shard map has changed since the plan was made. Nothing was changed. */
export class MovePlanStaleError extends RebalanceError {
  readonly code = 'REBALANCE_PLAN_STALE';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The plan asks for something impossible; the message names the bucket. Nothing was changed. */
export class MovePlanInvalidError extends RebalanceError {
  readonly code = 'REBALANCE_PLAN_INVALID';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** A shard that takes part is down, or takes no writes. */
export class ParticipantError extends ShardError {
  readonly code = 'REBALANCE_PARTICIPANT';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.refused;
}

/** The tables of source and target are not the same. Nothing was changed. */
export class SchemaDiffersError extends RebalanceError {
  readonly code = 'REBALANCE_SCHEMA';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The target has too little room for the rows that would come. Nothing was changed. */
export class SpaceError extends RebalanceError {
  readonly code = 'REBALANCE_SPACE';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The clocks of the shards are too far apart. Nothing was changed. */
export class ClockSkewError extends RebalanceError {
  readonly code = 'REBALANCE_CLOCKS';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The source's events are not published fast enough: a switch would have to wait for them. */
export class RelayBehindError extends RebalanceError {
  readonly code = 'REBALANCE_RELAY_BEHIND';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.refused;
}

/** An outbox table is relayed by Debezium, whose tables do not move. Nothing was changed. */
export class EngineRefusedError extends RebalanceError {
  readonly code = 'REBALANCE_ENGINE';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** A day is half gone from a shard that takes part, or gone from the target and not from the source. Nothing was changed. */
export class DayLeavingError extends RebalanceError {
  readonly code = 'REBALANCE_DAY_LEAVING';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.refused;
}

/** A table cannot be moved as it is registered, or for a column that it has. Nothing was changed. */
export class TableNotMovableError extends RebalanceError {
  readonly code = 'REBALANCE_TABLE';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** Source and target are not the same where they must be. The bucket was not switched. */
export class MoveDifferenceError extends RebalanceError {
  readonly code = 'REBALANCE_DIFFERENCE';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.different;
  readonly bucket: number;
  readonly table: string;
  /** Up to ten examples of rows that differ or are missing: numbers, text keys, or buckets of keys. */
  readonly examples: readonly string[];

  constructor(bucket: number, table: string, examples: readonly string[], options?: ErrorOptions) {
    super(`bucket ${bucket}: ${table} is not the same on both shards: ${examples.join(', ')}`, options);
    this.bucket = bucket;
    this.table = table;
    this.examples = examples;
  }
}

/** A fence is not in the state that the step needs: someone else has changed it. The step changed nothing. */
export class FenceStateError extends RebalanceError {
  readonly code = 'REBALANCE_FENCE_STATE';
  readonly retryable = false;
}

/** Transactions hold the bucket's fence and could not be ended in time. The bucket is open, and stays where it is. */
export class LongTransactionError extends RebalanceError {
  readonly code = 'REBALANCE_LONG_TRANSACTION';
  readonly retryable = true;
}
