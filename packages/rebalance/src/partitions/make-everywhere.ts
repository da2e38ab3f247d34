import { openShardSessions, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { reasonOf } from '../errors.ts';
import { PartitionsMissingError } from '../retention/errors.ts';
import { makePartitionsAhead, type PartitionChanges } from '../retention/make-ahead.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import { type PartitionsAhead, readPartitionsAhead } from './read-ahead.ts';

/** The partitions that were made on a shard, and how far its partitions reach afterwards. */
export interface ShardPartitions {
  readonly shard: number;
  readonly made: PartitionChanges;
  /** Undefined where the shard did not tell. */
  readonly ahead: PartitionsAhead | undefined;
  /** What failed on it. */
  readonly error?: string;
}

/**
 * Makes the partitions of the coming days on all shards of the cluster at once, whatever else is under way there: it needs no
 * lease, and nobody waits for it. A failure on a shard, or for a table, does not stop the rest. Safe to run again.
 *
 * @throws as `clusterMap` does, when no shard can name the members
 */
export async function makePartitionsEverywhere(
  cluster: OperatorCluster,
): Promise<readonly ShardPartitions[]> {
  const members = shardsOfMap(await clusterMap(cluster)).toSorted((a, b) => a - b);
  // One session makes, another looks what it waits for.
  const sessions = openShardSessions(cluster.configs, { connections: 2 });
  try {
    return await Promise.all(
      members.map(async (shard): Promise<ShardPartitions> => {
        const problems: string[] = [];
        let made: PartitionChanges = {};
        let ahead: PartitionsAhead | undefined;
        try {
          made = await sessions.onShard(shard, (session) =>
            makePartitionsAhead(session, cluster.tables, (fn) => sessions.onShard(shard, fn)),
          );
        } catch (error) {
          if (error instanceof PartitionsMissingError) made = error.made;
          problems.push(reasonOf(error));
        }
        try {
          ahead = await sessions.onShard(shard, (session) => readPartitionsAhead(session, cluster.tables));
        } catch (error) {
          problems.push(reasonOf(error));
        }
        const error = [...new Set(problems)].join('; ');
        return { shard, made, ahead, ...(error === '' ? {} : { error }) };
      }),
    );
  } finally {
    await sessions.close();
  }
}
