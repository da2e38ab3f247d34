import { shardsOfMap, type ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { reasonOf } from '../errors.ts';
import { clusterMap } from '../topology/cluster-map.ts';

/** A shard for which something could not be done, and why. */
export interface ShardProblem {
  readonly shard: number;
  readonly problem: string;
}

/**
 * Asks each shard of the cluster, in the order of their ids, and goes on past those that fail. Does not ask databases that
 * were not added yet. A shard that is not configured here counts as one that fails.
 *
 * @throws as `clusterMap` does, when no shard can name the members
 */
export async function eachShard<T>(
  cluster: OperatorCluster,
  ask: (session: ShardSession) => Promise<T>,
): Promise<{ readonly answers: readonly T[]; readonly problems: readonly ShardProblem[] }> {
  const members = shardsOfMap(await clusterMap(cluster)).toSorted((a, b) => a - b);
  const outcomes = await Promise.allSettled(members.map((shard) => cluster.onShard(shard, ask)));
  return {
    answers: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    problems: outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [{ shard: members[at]!, problem: reasonOf(outcome.reason) }] : [],
    ),
  };
}
