/** As many follow orders at this process as it takes. */
export class TooManyTrackersError extends Error {
  readonly code = 'TRACKING_TOO_MANY';
  readonly retryable = true;
  override readonly name = 'TooManyTrackersError';

  constructor(limit: number) {
    super(`${limit} callers follow orders already`);
  }
}
