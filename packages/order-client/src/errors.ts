import type { Problem } from './generated.ts';

/** The API refused a request, or could not carry it out; `problem` is its answer (RFC 9457). */
export class ApiProblemError extends Error {
  readonly code = 'CLIENT_API_PROBLEM';
  override readonly name = 'ApiProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }

  /** The last part of the problem's type, such as `order-not-found`. */
  get type(): string {
    return this.problem.type.slice(this.problem.type.lastIndexOf(':') + 1);
  }

  /** Whether the same request may succeed when it is sent again. */
  get retryable(): boolean {
    return this.problem.status === 429 || this.problem.status === 503 || this.type === 'view-behind';
  }
}

/** No answer came. The request may have been carried out: operations with a key can be repeated with the same key. */
export class ConnectionError extends Error {
  readonly code = 'CLIENT_CONNECTION';
  readonly retryable = true;
  override readonly name = 'ConnectionError';
}

/** An answer that is none of the API's: something else answers at this address. */
export class UnexpectedAnswerError extends Error {
  readonly code = 'CLIENT_UNEXPECTED_ANSWER';
  readonly retryable = false;
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;

  constructor(status: number, options?: ErrorOptions) {
    super(`an answer of status ${status} that is not the API's`, options);
    this.status = status;
  }
}
