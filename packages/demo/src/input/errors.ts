/** A file that cannot be read, or is no order file at all. */
export class InputFileError extends Error {
  readonly code = 'DEMO_INPUT_FILE';
  readonly retryable = false;
  override readonly name = 'InputFileError';
}
