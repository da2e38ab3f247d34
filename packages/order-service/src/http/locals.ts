import type { RequestHandler, Response } from 'express';
import type { Caller } from '../commands/caller.ts';
import type { Problem } from './problem.ts';

/** What the stages of a request leave for those after them. */
export interface ApiLocals extends Record<string, unknown> {
  requestId: string;
  /** Who calls; there once {@link authenticate} has passed. */
  caller?: Caller;
  /** Until when the caller may be believed. Unix time in milliseconds. */
  callerUntil?: number;
  /** Whether the caller may still be believed: their key may have been withdrawn since. For what stays open. */
  isStillCaller?: () => Promise<boolean>;
  /** Takes further points of the caller's rate. Throws the problem of one who has none left. */
  charge?: (points: number) => void;
  /** Set for one who has none left, and may be repeating itself: what it is answered with if it does not. */
  refusal?: Problem;
  /** What the request was answered with, if it failed. */
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
