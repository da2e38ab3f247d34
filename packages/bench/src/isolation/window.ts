import type { Call } from './paced-load.ts';

/** A stretch of time on the clock of `performance.now()`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What some loads did in a stretch of time, by when their calls ended. */
export interface WindowFigures {
  /** Acknowledged calls per second. */
  readonly perSecond: number;
  /** The 99th percentile of how long acknowledged calls took; NaN of none. */
  readonly p99Ms: number;
  readonly failed: readonly Call[];
}

export function figuresOf(loads: readonly (readonly Call[])[], { from, to }: Window): WindowFigures {
  const calls = loads.flat().filter(({ endedAt }) => endedAt >= from && endedAt < to);
  const took = calls
    .filter(({ error }) => error === undefined)
    .map(({ startedAt, endedAt }) => endedAt - startedAt)
    .toSorted((a, b) => a - b);
  return {
    perSecond: (took.length / (to - from)) * 1_000,
    p99Ms: took[Math.floor((took.length - 1) * 0.99)] ?? Number.NaN,
    failed: calls.filter(({ error }) => error !== undefined),
  };
}

/** Counts errors by their codes. `untyped` counts the errors that do not say whether they can be retried. */
export function countByCode(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { error } of calls) {
    const { code, retryable } = (error ?? {}) as { code?: string; retryable?: boolean };
    const name = typeof retryable === 'boolean' && code !== undefined ? code : 'untyped';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
