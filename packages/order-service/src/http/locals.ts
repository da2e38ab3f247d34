import type { RequestHandler, Response } from 'express';
import type { Caller } from '../commands/caller.ts';
import type { Problem } from './problem.ts';

/** What the stages of a request leave for later stages. */
export interface ApiLocals extends Record<string, unknown> {
  requestId: string;
  /** Who calls; there once {@link authenticate} has passed. */
  caller?: Caller;
  /** Until when the caller may be believed. Unix time in milliseconds. */
  callerUntil?: number;
  /** Says whether the caller may still be believed: their key may have been withdrawn since. For answers that stay open. */
  isStillCaller?: () => Promise<boolean>;
  /** Takes more points of the caller's rate. Throws a problem when the caller has none left. */
  charge?: (points: number) => void;
  /** Set for a caller that has no points left and may be repeating a request: the answer if it is not a repeat. */
  refusal?: Problem;
  /** The problem that the request was answered with, if it failed. */
  problem?: Problem;
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
