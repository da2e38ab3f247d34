import { EXIT } from '../cli/exit-codes.ts';
import { RebalanceError, ShardError } from '../errors.ts';
import type { FaultGroup } from './fault-groups.ts';
import { faultsText } from './fault-groups.ts';

/** Something has two owners, or none. Operations that depend on owners are refused until that is mended. */
export class OwnershipError extends RebalanceError {
  readonly code = 'REBALANCE_OWNERSHIP';
  readonly retryable = false;
  override readonly exitCode: number;
  readonly faults: readonly FaultGroup[];

  /** @param changed whether the command has changed something before it found out */
  constructor(
    faults: readonly FaultGroup[],
    { cause, changed = false }: ErrorOptions & { readonly changed?: boolean | undefined } = {},
  ) {
    super(
      `not everything has one owner: ${faultsText(faults)}. Do not move, open epochs or clean up before it is mended`,
      { cause },
    );
    this.faults = faults;
    this.exitCode = changed ? EXIT.failed : EXIT.refused;
  }
}

/**
 * A shard has forgotten what it once said of itself and other shards still know: its database was restored from an earlier
 * state.
 */
export class ShardBehindError extends ShardError {
  readonly code = 'REBALANCE_SHARD_BEHIND';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** A member does not answer, and the operation needs it, or no shard knows what it owned last. */
export class MemberAbsentError extends RebalanceError {
  readonly code = 'REBALANCE_MEMBER_ABSENT';
  readonly retryable = true;
  override readonly exitCode: number;
  readonly shard: number;

  /** @param changed whether the command has changed something before it found out */
  constructor(
    shard: number,
    message: string,
    { cause, changed = false }: ErrorOptions & { readonly changed?: boolean | undefined } = {},
  ) {
    super(`shard ${shard} does not answer, ${message}`, { cause });
    this.shard = shard;
    this.exitCode = changed ? EXIT.failed : EXIT.refused;
  }
}

/**
 * What a shard owns has changed between the proof and the operation that relied on it. Nothing was published by that proof.
 */
export class ClaimChangedError extends ShardError {
  readonly code = 'REBALANCE_CLAIM_CHANGED';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.held;

  constructor(shard: number, options?: ErrorOptions) {
    super(shard, 'what it owns has changed while it was proved: another operation is under way', options);
  }
}
