import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorCluster } from '../cluster.ts';
import { StoppedError } from '../errors.ts';
import type { RetentionOptions, ShardRetention } from './retention-options.ts';
import { runRetention } from './run.ts';

export interface RetentionJobOptions extends RetentionOptions {
  /** How often the job runs. Milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Called after each round, with its reports or its error. */
  readonly round: (reports: readonly ShardRetention[] | undefined, error: unknown) => void;
}

/**
 * Runs retention about every `everyMs` until `signal` aborts. Several instances may run it: the lease of a shard lets only
 * one of them in, and a round without work costs a few queries.
 */
export async function retentionJob(
  cluster: OperatorCluster,
  { everyMs, round, ...options }: RetentionJobOptions,
): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    try {
      round(await runRetention(cluster, options), undefined);
    } catch (error) {
      if (!(error instanceof StoppedError)) round(undefined, error);
    }
    // With jitter, so that instances that were started together do not ask together.
    await sleep(everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
