/** The order views cannot be read now: MongoDB does not answer. */
export class ViewsUnavailableError extends Error {
  readonly code = 'VIEWS_UNAVAILABLE';
  readonly retryable = true;
  override readonly name = 'ViewsUnavailableError';

  constructor(options?: ErrorOptions) {
    super('the order views cannot be read now', options);
  }
}

/** A cursor that no page of orders gave. */
export class InvalidCursorError extends Error {
  readonly code = 'VIEWS_INVALID_CURSOR';
  readonly retryable = false;
  override readonly name = 'InvalidCursorError';

  constructor() {
    super('is not a cursor of an earlier page');
  }
}
