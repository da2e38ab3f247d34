import type { Observation, RouterObserver } from './observer.ts';

/** Returns a function that warns the process of the first failure of something, and ignores later ones. */
export function warnOnce(what: string): (error: unknown) => void {
  let warned = false;
  return (error) => {
    if (warned) return;
    warned = true;
    process.emitWarning(`${what} failed; later failures of it are not told`, {
      code: 'ORDERSHARD_OBSERVER',
      detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  };
}

/** Wraps an observer so that its failures harm nobody: the process is warned of the first failure of each method. */
export function guarded(observer: RouterObserver): RouterObserver {
  return {
    ...told('connectionAcquired', observer),
    ...told('fenceRejected', observer),
    ...told('mapReloaded', observer),
    ...told('breakerChanged', observer),
    ...told('shardAdded', observer),
    ...told('shardRemoved', observer),
    ...told('failedOver', observer),
    ...told('numbersDrawn', observer),
    ...told('unitsMerged', observer),
    ...begun('statement', observer),
    ...begun('transaction', observer),
  };
}

type Begins = 'statement' | 'transaction';
type Tells = Exclude<keyof RouterObserver, Begins>;

/** Wraps one method of an event, if the observer has it. */
function told(name: Tells, observer: RouterObserver): RouterObserver {
  if (observer[name] === undefined) return {};
  const warn = warnOnce(`${name} of a router's observer`);
  return {
    [name]: (...event: never[]) => {
      try {
        // Looked up at each call: it may rely on its `this`.
        const answer: unknown = (observer[name] as (...event: never[]) => unknown)(...event);
        if (answer instanceof Promise) answer.catch(warn);
      } catch (error) {
        warn(error);
      }
    },
  };
}

/** Wraps one method that begins an observation, if the observer has it. */
function begun(name: Begins, observer: RouterObserver): RouterObserver {
  if (observer[name] === undefined) return {};
  const warn = warnOnce(`${name} of a router's observer`);
  return {
    [name]: (start: never) => {
      try {
        const observation = observer[name]!(start) as Observation<unknown>;
        return guardedObservation(observation, warn);
      } catch (error) {
        warn(error);
        return NOTHING;
      }
    },
  };
}

const NOTHING: Observation<unknown> = { end: () => undefined };

function guardedObservation(
  observation: Observation<unknown>,
  warn: (error: unknown) => void,
): Observation<unknown> {
  const end = (result: unknown): void => {
    try {
      observation.end(result);
    } catch (error) {
      warn(error);
    }
  };
  if (observation.within === undefined) return { end };
  return {
    end,
    within: <T>(fn: () => T): T => {
      const once = runOnce(fn);
      try {
        observation.within!(once.run);
      } catch (error) {
        if (!once.threw(error)) warn(error);
      }
      return once.run();
    },
  };
}

/**
 * Returns a function that runs `fn` only at its first call. Every call returns or throws what `fn` returned or threw then.
 */
function runOnce<T>(fn: () => T): { run: () => T; threw: (error: unknown) => boolean } {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  return {
    run: () => {
      if (outcome === undefined) {
        try {
          outcome = { value: fn() };
        } catch (error) {
          outcome = { error };
        }
      }
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    },
    threw: (error) => outcome !== undefined && 'error' in outcome && outcome.error === error,
  };
}
