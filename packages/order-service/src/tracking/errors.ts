/** This process takes no more callers that follow orders. */
export class TooManyTrackersError extends Error {
  readonly code = 'TRACKING_TOO_MANY';
  readonly retryable = true;
  override readonly name = 'TooManyTrackersError';

  constructor(limit: number) {
    super(`${limit} callers follow orders already`);
  }
}

/** A caller follows as many orders at this process as its limit allows. */
export class TooManyOwnTrackersError extends Error {
  readonly code = 'TRACKING_TOO_MANY_OF_ONE';
  readonly retryable = true;
  override readonly name = 'TooManyOwnTrackersError';

  constructor(limit: number) {
    super(`this caller follows ${limit} orders already`);
  }
}
