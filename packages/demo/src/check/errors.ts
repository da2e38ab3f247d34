/** A server of the check answered in a way that it cannot go on from. */
export class ProtocolError extends Error {
  readonly code = 'DEMO_PROTOCOL';
  readonly retryable = true;
  override readonly name = 'ProtocolError';
}
