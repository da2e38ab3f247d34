/** A message that is not an order event. Reading it again fails again. */
export class EnvelopeError extends Error {
  readonly code: string = 'ORDER_EVENTS_ENVELOPE';
  readonly retryable = false;
  override readonly name: string = 'EnvelopeError';
}

/** An event's data is of a schema version that this release does not know. A newer release reads it. */
export class UnknownVersionError extends EnvelopeError {
  override readonly code = 'ORDER_EVENTS_VERSION';
  override readonly name = 'UnknownVersionError';
}
