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

/**
 * Returns the text for people about an error that ended a part of some work. For an error that was thrown on purpose: its
 * message. For any other: what it is and where it comes from. Never a stack trace.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('retryable' in error && 'code' in error) return error.message;
  const { errno, sqlState, code } = error as { errno?: number; sqlState?: string; code?: string };
  if (sqlState !== undefined) return `the server refused a statement (error ${errno}): ${error.message}`;
  return code === undefined ? `${error.name}: ${error.message}` : error.message;
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

/** A check refused to go on when something was changed already. What was done until then is kept. */
export class CutOffError extends RebalanceError {
  readonly code = 'REBALANCE_CUT_OFF';
  /** Not the same command again: another command continues the work. */
  readonly retryable = false;

  /** @param next what is to be done, such as `shard-rebalance resume` */
  constructor(cause: Error, next?: string) {
    super(
      `${cause.message}. What was done until then is kept${next === undefined ? '' : `. Next: ${next}`}`,
      { cause },
    );
  }
}

/** Shards of the cluster are not in this configuration: what they own would go unseen. Nothing was changed. */
export class MemberMissingError extends RebalanceError {
  readonly code = 'REBALANCE_MEMBER_MISSING';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
  readonly shards: readonly number[];

  constructor(shards: readonly number[], options?: ErrorOptions) {
    super(
      `shard ${shards.join(', ')} of the cluster is not configured here: put it into the shards file (or its URL into the list)`,
      options,
    );
    this.shards = shards;
  }
}

/** What is said of one shard. */
export abstract class ShardError extends RebalanceError {
  readonly shard: number;

  /** @param message what there is to say of it, without its name */
  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
  }
}

/** A shard cannot be taken into the cluster: the message says what is in the way. Nothing was changed. */
export class ShardRefusedError extends ShardError {
  readonly code = 'REBALANCE_SHARD_REFUSED';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}
