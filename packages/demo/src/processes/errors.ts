/** One of the product's processes did not start, did not end well, or ended by itself; the message has its last words. */
export class ProcessError extends Error {
  readonly code = 'DEMO_PROCESS';
  readonly retryable = false;
  override readonly name = 'ProcessError';
}
