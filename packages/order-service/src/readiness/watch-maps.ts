import type { Logger } from '@ordershard/process';

/** Logs the version of each new map that is used, and knows why the newest is not. */
export function watchMaps(log: Logger) {
  let last: number | undefined;
  let problem: string | undefined;
  return {
    looked: (version: number, error: unknown) => {
      const failure = error as { message: string; retryable?: boolean } | undefined;
      // That a shard does not answer is told for itself.
      problem = failure === undefined || failure.retryable === true ? undefined : failure.message;
      if (failure !== undefined) log.warn({ reason: failure.message }, 'no newer shard map could be had');
      else if (version !== last) log.info({ version }, 'shard map in use');
      last = version;
    },
    get problem() {
      return problem;
    },
  };
}
