import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorCluster } from '../cluster.ts';
import { makePartitionsEverywhere, type ShardPartitions } from './make-everywhere.ts';

export interface PartitionsJobOptions {
  /** How often it looks. Milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told of each round. */
  readonly round: (shards: readonly ShardPartitions[] | undefined, error: unknown) => void;
}

/** Makes partitions ahead now and then until `signal` aborts. As many instances as one likes may. */
export async function partitionsJob(
  cluster: OperatorCluster,
  { everyMs, signal, round }: PartitionsJobOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      round(await makePartitionsEverywhere(cluster), undefined);
    } catch (error) {
      round(undefined, error);
    }
    // With jitter, so that instances that were started together do not ask together.
    await sleep(everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
