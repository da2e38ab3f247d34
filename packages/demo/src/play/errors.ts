/** A call that never got the answer that the plan expects, though it was repeated. */
export class CallFailedError extends Error {
  readonly code = 'DEMO_CALL_FAILED';
  readonly retryable = false;
  override readonly name = 'CallFailedError';
  /** Method and path. */
  readonly request: string;
  /** HTTP status of the last answer; undefined when there was none. */
  readonly status: number | undefined;
  /** What the API says of the refusal. */
  readonly detail: string;

  constructor(
    request: string,
    attempts: number,
    status: number | undefined,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${request}: ${status ?? 'no answer'} after ${attempts} attempts: ${detail}`, options);
    this.request = request;
    this.status = status;
    this.detail = detail;
  }
}

/** The run was interrupted. */
export class InterruptedError extends Error {
  readonly code = 'DEMO_INTERRUPTED';
  readonly retryable = false;
  override readonly name = 'InterruptedError';
}
