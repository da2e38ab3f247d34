import { EXIT } from '../cli/exit-codes.ts';
import { RebalanceError } from '../errors.ts';

/** Another operation works on the shard. Nothing was changed. */
export class ShardBusyError extends RebalanceError {
  readonly code = 'REBALANCE_SHARD_BUSY';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.held;
  readonly shard: number;
  /** Who holds the shard. */
  readonly holder: string;
  /** What the holder does. */
  readonly what: string;
  /** Since when, UTC. */
  readonly since: string;

  constructor(shard: number, { holder, what, since }: { holder: string; what: string; since: string }) {
    super(`shard ${shard} is held by ${holder} since ${since} UTC: ${what}`);
    this.shard = shard;
    this.holder = holder;
    this.what = what;
    this.since = since;
  }
}

/** The operation has lost its lease of a shard: another goes on in its place. The step under way changed nothing. */
export class OperationLeaseLostError extends RebalanceError {
  readonly code = 'REBALANCE_LEASE_LOST';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
  readonly shard: number;

  constructor(shard: number, options?: ErrorOptions) {
    super(`shard ${shard}: the lease of this operation is another's by now`, options);
    this.shard = shard;
  }
}
