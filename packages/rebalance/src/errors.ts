import { EXIT } from './cli/exit-codes.ts';

/** What every error of operating the shards has: a code, whether the same may succeed when done again, an exit code. */
export abstract class RebalanceError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  /** Of a command that it ends; see {@link EXIT}. */
  readonly exitCode: number = EXIT.failed;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An action was not confirmed: declined on the terminal, or there is none and no `--yes`. Nothing was changed. */
export class NotConfirmedError extends RebalanceError {
  readonly code = 'REBALANCE_NOT_CONFIRMED';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The audit log cannot be written, and no action goes without its row. Nothing was changed. */
export class AuditUnavailableError extends RebalanceError {
  readonly code = 'REBALANCE_AUDIT_UNAVAILABLE';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.refused;
}

/** The operator stopped the work with a signal. What was done is kept, and goes on with `resume`. */
export class StoppedError extends RebalanceError {
  readonly code = 'REBALANCE_STOPPED';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
}

/** A shard cannot be taken into the cluster: the message says what is in the way. Nothing was changed. */
export class ShardRefusedError extends RebalanceError {
  readonly code = 'REBALANCE_SHARD_REFUSED';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
  readonly shard: number;

  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
  }
}
