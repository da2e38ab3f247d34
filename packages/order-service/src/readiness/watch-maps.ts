import type { Logger } from '@ordershard/process';

/** Logs the version of each new map that is used, and remembers why the newest map is not used. */
export function watchMaps(log: Logger) {
  let last: number | undefined;
  let problem: string | undefined;
  return {
    looked: (version: number, error: unknown) => {
      const failure = error as { message: string; retryable?: boolean } | undefined;
      // A shard that does not answer is reported separately.
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
