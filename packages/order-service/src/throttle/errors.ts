/** What every error of the inflow's limits has: a stable code, and whether the same call may succeed when made again. */
export abstract class InflowError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An operator lets fewer orders in for now. Nothing was done. */
export class InflowThrottledError extends InflowError {
  readonly code = 'INFLOW_THROTTLED';
  readonly retryable = true;
  /** What is limited, such as `all` or `shop:s-1`. */
  readonly scope: string;
  /** Why, as the operator put it. */
  readonly reason: string;
  readonly retryAfterS: number;

  constructor(scope: string, reason: string, retryAfterS: number) {
    super(`new orders are limited for now (${scope}): ${reason}`);
    this.scope = scope;
    this.reason = reason;
    this.retryAfterS = retryAfterS;
  }
}

/** The limit is not valid. Nothing was changed. */
export class InvalidInflowError extends InflowError {
  readonly code = 'INFLOW_INVALID';
  readonly retryable = false;
}

/** A limit was stored on no shard. Nothing was changed. */
export class InflowNotStoredError extends InflowError {
  readonly code = 'INFLOW_NOT_STORED';
  readonly retryable = true;
}
