import type { RequestHandler, Response } from 'express';
import type { Caller } from '../commands/caller.ts';

/** What the stages of a request leave for those after them. */
export interface ApiLocals extends Record<string, unknown> {
  requestId: string;
  /** Who calls; there once {@link authenticate} has passed. */
  caller?: Caller;
  /** Until when the caller may be believed. Unix time in milliseconds. */
  callerUntil?: number;
}

export type ApiResponse = Response<unknown, ApiLocals>;

/** A stage or an end of a request. */
export type ApiHandler<Params = unknown> = RequestHandler<Params, unknown, unknown, unknown, ApiLocals>;

/** The caller of an authenticated request. */
export function callerOf(response: ApiResponse): Caller {
  const { caller } = response.locals;
  if (caller === undefined) throw new TypeError('the request was not authenticated');
  return caller;
}
