import { kindOfStatement, type Observation, type StatementStart } from './observer.ts';
import type { ObservedPool } from './telemetry.ts';

/**
 * Tells an observer that a statement is sent. Returns undefined when no observer wants it.
 *
 * @param around the transaction of the statement, if that is not the one running now
 */
export function startStatement(
  pool: ObservedPool | undefined,
  sql: string,
  around?: Pick<Observation<never>, 'within'>,
): Observation<{ readonly error: unknown }> | undefined {
  const observer = pool?.observer;
  if (observer?.statement === undefined) return undefined;
  const start: StatementStart = { shard: pool!.shard, role: pool!.role, kind: kindOfStatement(sql) };
  return around?.within === undefined
    ? observer.statement(start)
    : around.within(() => observer.statement!(start));
}

/**
 * Returns a driver's callback that also tells an observer of the statement's end. Without an observer it returns `done`
 * itself, so that it costs nothing.
 */
export function observeStatement<Rest extends unknown[]>(
  pool: ObservedPool | undefined,
  sql: string,
  done: (error: unknown, ...rest: Rest) => void,
  around?: Pick<Observation<never>, 'within'>,
): (error: unknown, ...rest: Rest) => void {
  const observation = startStatement(pool, sql, around);
  if (observation === undefined) return done;
  return (error, ...rest) => {
    observation.end({ error: error ?? undefined });
    done(error, ...rest);
  };
}
