import { checkMs } from './time-limits.ts';
import { TopologyError } from '../errors.ts';

/** Limits of a pool of one endpoint. Times in milliseconds, each at least 1 and at most 2³¹ − 1, as Node's timers take them. */
export interface PoolLimits {
  /** Connections at the most. */
  readonly connections: number;
  /** Callers that may wait for a connection; more are refused at once. */
  readonly queue: number;
  readonly connectTimeoutMs: number;
  /** How long a caller may wait for a connection. */
  readonly queueTimeoutMs: number;
  /**
   * How long one statement may take before its connection is given up. It waits for a row's lock for half of that time, in
   * whole seconds and at least one. So below 2,000, a lock that it does not get looks like a server that does not answer.
   */
  readonly statementTimeoutMs: number;
}

/** Checks limits that a user has given. Throws {@link TopologyError} naming the one that is wrong. */
export function checkLimits(limits: PoolLimits): PoolLimits {
  checkCount('poolSize', limits.connections);
  checkCount('limits.queue', limits.queue);
  checkMs('limits.connectTimeoutMs', limits.connectTimeoutMs);
  checkMs('limits.queueTimeoutMs', limits.queueTimeoutMs);
  checkMs('limits.statementTimeoutMs', limits.statementTimeoutMs);
  return limits;
}

function checkCount(setting: string, value: number): void {
  // The driver takes 0 for "without a limit".
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new TopologyError(`${setting} is ${String(value)}: it must be a whole number of at least 1`, {
    setting,
  });
}
