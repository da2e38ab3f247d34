import { DeadlineExceededError, ShardUnavailableError } from '../errors.ts';
import type { Role } from '../topology/endpoint.ts';
import type { PoolLimits } from './pool-limits.ts';

/** Where a statement was sent that got no answer. */
export interface LateIn {
  readonly shard: number;
  readonly role?: Role;
  readonly limits?: Pick<PoolLimits, 'statementTimeoutMs'>;
}

/**
 * Returns the error for a statement that was not answered within `ms`. When `ms` is less than a statement may take, it is
 * what a deadline had left. Then the caller's deadline has passed, which is no sign that the server does not answer.
 */
export function lateError(
  { shard, role, limits }: LateIn,
  ms: number,
): DeadlineExceededError | ShardUnavailableError {
  if (limits !== undefined && ms < limits.statementTimeoutMs)
    return new DeadlineExceededError(`the deadline passed before shard ${shard} answered`, { sent: true });
  return new ShardUnavailableError(shard, `the statement was not answered within ${ms} ms`, { role });
}
