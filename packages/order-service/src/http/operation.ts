import type { Request } from 'express';
import type { Actor } from '@ordershard/order-events';
import type { z } from 'zod';
import type { Caller } from '../commands/caller.ts';
import { requireRole } from './authenticate.ts';
import { requiredBody } from './body.ts';
import { InvalidReaderTokenError } from '../views/errors.ts';
import { Reader } from '../views/reader.ts';
import { callerOf, type ApiHandler, type ApiResponse } from './locals.ts';
import { invalid, type ProblemName } from './problem.ts';
import { validate } from './validate.ts';

/** Request headers that operations look at. */
export type HeaderName =
  | 'Idempotency-Key'
  | 'If-Match'
  | 'If-None-Match'
  | 'Last-Event-ID'
  | 'Reader-Token'
  | 'traceparent'
  | 'X-Request-Id';

/** Headers of answers that mean something to callers. */
export type AnswerHeader = 'ETag' | 'Idempotent-Replayed' | 'Location' | 'Order-Version' | 'Reader-Token';

export interface Answer {
  readonly description: string;
  /** Absent for an answer without a body. */
  readonly schema?: z.ZodType;
  /** `application/json` unless it says otherwise. */
  readonly mediaType?: string;
  readonly headers?: readonly AnswerHeader[];
}

/** An operation of the API: the one place from which routing, validation, roles, OpenAPI document and client come. */
export interface Operation {
  readonly id: string;
  readonly tag: 'orders' | 'lists' | 'shops' | 'operations';
  readonly method: 'GET' | 'POST' | 'PUT';
  /** As OpenAPI writes it, such as `/v1/orders/{number}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /**
   * The roles that may call it at all; the orders decide what each caller may then see or do. Absent: anyone, without a
   * token.
   */
  readonly roles?: readonly Actor[];
  readonly query?: z.ZodType;
  readonly headers?: readonly HeaderName[];
  readonly body?: z.ZodType;
  /** Whether the body may be left out, which is then read as `{}`. */
  readonly bodyOptional?: boolean;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Its problems beside those that every operation of its kind can have. */
  readonly problems?: readonly ProblemName[];
  /** Whether answers are compressed: set for answers that can be large and have no entity tag. */
  readonly compressed?: boolean;
  /** How many points of its caller's rate it costs; one, if not given. */
  readonly cost?: Cost;
  /** Whether its path serves as an idempotency key. */
  readonly repeatsByPath?: true;
}

/** One point for every `per` entries. `of` names a list in the body, or a number in the query. */
export interface Cost {
  readonly of: string;
  readonly per: number;
}

/** The points that a request costs, one at the least. */
export function costOf(
  { of, per }: Cost,
  asked: { readonly body: unknown; readonly query: unknown },
): number {
  const { [of]: entries } = { ...(asked.query as object), ...(asked.body as object) } as Record<
    string,
    unknown
  >;
  const count = Array.isArray(entries) ? entries.length : Number(entries);
  return Math.max(1, Math.ceil(count / per));
}

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;

/** The names of the parameters in a path. */
export type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [N in Name]: string } & ParamsOf<Rest>
  : unknown;

/** A request that was let in, typed by its operation. */
export interface Call<O extends Operation> {
  /** As they stand in the path, decoded; not validated. */
  readonly params: ParamsOf<O['path']>;
  readonly query: Output<O['query']>;
  readonly body: Output<O['body']>;
  /** Undefined for an operation that takes no token. */
  readonly caller: O extends { readonly roles: readonly Actor[] } ? Caller : undefined;
  /** What the caller has seen, by its Reader-Token, where the operation takes one. */
  readonly reader: Reader;
  readonly request: Request;
  readonly response: ApiResponse;
}

/** An operation and its handler. */
export interface ServedOperation {
  readonly operation: Operation;
  readonly handle: ApiHandler;
}

/** Pairs an operation with `carryOut`, which is only called for callers and input that the operation admits. */
export function served<const O extends Operation>(
  operation: O,
  carryOut: (call: Call<O>) => void | Promise<void>,
): ServedOperation {
  const { roles, query, body, bodyOptional, cost, headers = [] } = operation;
  return {
    operation,
    handle: async (request, response) => {
      const caller = roles === undefined ? undefined : callerOf(response);
      if (roles !== undefined && caller !== undefined) requireRole(caller, ...roles);
      const given = bodyOptional === true && request.body === undefined ? {} : request.body;
      const asked = {
        query: query === undefined ? undefined : validate(query, request.query, 'query'),
        body: body === undefined ? undefined : validate(body, requiredBody(given), 'body'),
      };
      const reader = headers.includes('Reader-Token') ? readerOf(request) : new Reader();
      if (cost !== undefined) response.locals.charge?.(costOf(cost, asked) - 1);
      await carryOut({
        params: request.params,
        ...asked,
        caller,
        reader,
        request,
        response,
      } as unknown as Call<O>);
    },
  };
}

/** Returns the reader that a request names. Throws a problem for a token that did not come from an answer. */
function readerOf({ headers }: Pick<Request, 'headers'>): Reader {
  const token = headers['reader-token'];
  try {
    return Reader.of(typeof token === 'string' ? token : undefined);
  } catch (error) {
    if (!(error instanceof InvalidReaderTokenError)) throw error;
    throw invalid([{ field: 'Reader-Token', message: error.message }]);
  }
}
