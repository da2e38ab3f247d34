/** Buckets were between two owners for longer than the caller would wait. */
export class OrdersUnsettledError extends Error {
  readonly code = 'ORDER_ROWS_UNSETTLED';
  readonly retryable = true;
  override readonly name = 'OrdersUnsettledError';
}
