/** A field of the request and what is wrong with it; `field` is a path such as `items[0].quantity`, or a header. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** The problems that the API answers with: the last part of `type`, and what it stands for. */
export const PROBLEMS = {
  'malformed-body': { status: 400, title: 'The body cannot be read' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'order-not-found': { status: 404, title: 'There is no such order' },
  'shop-not-found': { status: 404, title: 'There is no such shop' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'order-archived': { status: 409, title: 'The order is archived' },
  'number-taken': { status: 409, title: 'The number is that of another order' },
  'number-not-usable': { status: 409, title: 'No order can be placed under this number' },
  'order-state': { status: 409, title: 'The state of the order does not allow this' },
  'version-not-reached': { status: 409, title: 'The order has not had this version' },
  'view-behind': { status: 409, title: 'What can be listed now is not as new as was asked for' },
  'total-mismatch': { status: 409, title: 'The order costs something else' },
  'version-conflict': { status: 409, title: 'Others keep changing the order' },
  'version-mismatch': { status: 412, title: 'The order is at another version' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON in UTF-8' },
  'refused-order': { status: 422, title: 'The order cannot be placed like this' },
  'refused-shop': { status: 422, title: 'The shop cannot be put like this' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'inflow-throttled': { status: 429, title: 'New orders are limited for now' },
  'too-many-requests': { status: 429, title: 'The caller asks too much' },
  internal: { status: 500, title: 'Something went wrong' },
  overloaded: { status: 503, title: 'There is too much to do' },
  unavailable: { status: 503, title: 'This cannot be answered now' },
  'outcome-unknown': { status: 503, title: 'It is not known whether this was carried out' },
} as const;

export type ProblemName = keyof typeof PROBLEMS;

/** What the `type` of every problem begins with. */
export const TYPE_PREFIX = 'urn:ordershard:problem:';

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** The part that does not answer, such as `shard 1`. */
  readonly part?: string | undefined;
}

/** An answer of RFC 9457 that is thrown. Its message is the answer's `detail`: it is written for the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly part: string | undefined;

  constructor(
    problem: ProblemName,
    detail: string,
    { errors, headers = {}, part, ...options }: ProblemOptions = {},
  ) {
    super(detail, options);
    this.problem = problem;
    this.errors = errors;
    this.headers = headers;
    this.part = part;
  }

  get status(): number {
    return PROBLEMS[this.problem].status;
  }

  /** The body of the answer; `instance` is the path that was asked for. */
  toBody(instance: string): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.problem];
    return {
      type: `${TYPE_PREFIX}${this.problem}`,
      title,
      status,
      detail: this.message,
      instance,
      errors: this.errors,
      part: this.part,
    };
  }
}

/** Returns the problem of a request in which some fields are wrong. */
export function invalid(errors: readonly FieldError[]): Problem {
  return new Problem(
    'invalid-request',
    errors.map(({ field, message }) => `${field} ${message}`).join('; '),
    {
      errors,
    },
  );
}
