import { RouterError } from '../errors.ts';

/** A fan-out read cannot be made as it is asked for; the message names the part. Nothing was sent. */
export class ScatterQueryError extends RouterError {
  readonly code = 'ROUTER_SCATTER_QUERY';
  readonly retryable = false;
}

/** A cursor that is damaged, or that was given out for another query. */
export class ScatterCursorError extends RouterError {
  readonly code = 'ROUTER_SCATTER_CURSOR';
  readonly retryable = false;
}

/** A shard returned rows in another order than the merge expects: a column is not of the type that the table says. */
export class ScatterOrderError extends RouterError {
  readonly code = 'ROUTER_SCATTER_ORDER';
  readonly retryable = false;
}

/** A shard that a fan-out read could not read, and why. */
export interface MissingShard {
  readonly shard: number;
  /** Undefined when an earlier page of the same cursor lacked rows of this shard. */
  readonly error: RouterError | undefined;
}

/** A shard could not be read although the policy wants all shards, or no shard could be read. `missing` lists them. */
export class ScatterIncompleteError extends RouterError {
  readonly code = 'ROUTER_SCATTER_INCOMPLETE';
  readonly retryable = true;
  readonly missing: readonly MissingShard[];

  constructor(missing: readonly MissingShard[]) {
    super(
      `no rows from shard ${missing.map(({ shard }) => shard).join(', ')}: ${missing[0]?.error?.message ?? ''}`,
      {
        cause: missing[0]?.error,
      },
    );
    this.missing = missing;
  }
}

/** Buckets kept changing shards while they were read, so that no reading of all shards held each bucket just once. */
export class ScatterCoverError extends RouterError {
  readonly code = 'ROUTER_SCATTER_COVER';
  readonly retryable = true;
}
