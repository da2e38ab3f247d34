/** A message that is not an order event. Reading it again gives the same. */
export class EnvelopeError extends Error {
  readonly code = 'ORDER_EVENTS_ENVELOPE';
  readonly retryable = false;
  override readonly name = 'EnvelopeError';
}
