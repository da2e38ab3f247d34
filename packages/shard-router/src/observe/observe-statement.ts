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

/** One observer that tells several. */
export function allOf(...observers: readonly RouterObserver[]): RouterObserver {
  const both = <Start, End>(
    method: 'statement' | 'transaction',
  ): ((start: Start) => { end(result: End): void; within<T>(fn: () => T): T }) | undefined => {
    const those = observers.filter((observer) => observer[method] !== undefined);
    if (those.length === 0) return undefined;
    return (start) => {
      const observations = those.map((observer) => observer[method]!(start as never));
      return {
        end: (result) => {
          for (const observation of observations) observation.end(result as never);
        },
        within: (fn) =>
          observations.reduce(
            (inner, { within }) => (within === undefined ? inner : () => within(inner)),
            fn,
          )(),
      };
    };
  };
  const statement = both<
    Parameters<NonNullable<RouterObserver['statement']>>[0],
    { readonly error: unknown }
  >('statement');
  const transaction = both<
    Parameters<NonNullable<RouterObserver['transaction']>>[0],
    import('./observer.ts').TransactionEnd
  >('transaction');
  return {
    ...(statement === undefined ? {} : { statement }),
    ...(transaction === undefined ? {} : { transaction }),
    connectionAcquired: (...event) => {
      for (const observer of observers) observer.connectionAcquired?.(...event);
    },
    fenceRejected: (...event) => {
      for (const observer of observers) observer.fenceRejected?.(...event);
    },
    mapReloaded: (...event) => {
      for (const observer of observers) observer.mapReloaded?.(...event);
    },
    breakerChanged: (...event) => {
      for (const observer of observers) observer.breakerChanged?.(...event);
    },
    failedOver: (...event) => {
      for (const observer of observers) observer.failedOver?.(...event);
    },
    numbersDrawn: (...event) => {
      for (const observer of observers) observer.numbersDrawn?.(...event);
    },
  };
}
