/** The order views cannot be read now: MongoDB does not answer. */
export class ViewsUnavailableError extends Error {
  readonly code = 'VIEWS_UNAVAILABLE';
  readonly retryable = true;
  override readonly name = 'ViewsUnavailableError';

  constructor(options?: ErrorOptions) {
    super('the order views cannot be read now', options);
  }
}

/** No readable member of MongoDB is as far as the state of the order views that the reader has already seen. */
export class ViewsBehindReaderError extends Error {
  readonly code = 'VIEWS_BEHIND_READER';
  readonly retryable = true;
  override readonly name = 'ViewsBehindReaderError';

  constructor(options?: ErrorOptions) {
    super('the order views that can be read are not as far as this reader has seen them', options);
  }
}

/** A reader token that did not come from an answer. */
export class InvalidReaderTokenError extends Error {
  readonly code = 'VIEWS_INVALID_READER_TOKEN';
  readonly retryable = false;
  override readonly name = 'InvalidReaderTokenError';

  constructor() {
    super('is not what an earlier answer gave');
  }
}

/** A cursor that did not come from a page of orders. */
export class InvalidCursorError extends Error {
  readonly code = 'VIEWS_INVALID_CURSOR';
  readonly retryable = false;
  override readonly name = 'InvalidCursorError';

  constructor() {
    super('is not a cursor of an earlier page');
  }
}

/** A view did not reach the version that the caller asked for in the time given, and its order cannot be read instead. */
export class ViewBehindError extends Error {
  readonly code = 'VIEWS_BEHIND';
  readonly retryable = true;
  override readonly name = 'ViewBehindError';

  /** `wanted` names orders and the versions asked for, such as `250973221195845633-3`. */
  constructor(wanted: string, options?: ErrorOptions) {
    super(`the view is not at ${wanted} yet`, options);
  }
}

/** The order itself has not reached the version that a read asked for. */
export class VersionNotReachedError extends Error {
  readonly code = 'VIEWS_VERSION_NOT_REACHED';
  readonly retryable = false;
  override readonly name = 'VersionNotReachedError';

  constructor(number: bigint, version: number, wanted: number) {
    super(`order ${number} is at version ${version}, not at ${wanted}`);
  }
}
