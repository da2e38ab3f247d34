import { kindOfStatement, type RouterObserver } from './observer.ts';
import type { Role } from '../context/scope.ts';

/**
 * A driver's callback that also tells an observer of the statement's end. With no observer it is the callback itself, so
 * that nobody pays for what nobody looks at.
 */
export function observeStatement<Rest extends unknown[]>(
  observer: RouterObserver | undefined,
  shard: number,
  role: Role,
  sql: string,
  done: (error: unknown, ...rest: Rest) => void,
): (error: unknown, ...rest: Rest) => void {
  if (observer?.statement === undefined) return done;
  const observation = observer.statement({ shard, role, kind: kindOfStatement(sql) });
  return (error, ...rest) => {
    observation.end({ error: error ?? undefined });
    done(error, ...rest);
  };
}
