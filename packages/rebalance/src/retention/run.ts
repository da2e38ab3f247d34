import { openShardSessions, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import { aggregateOf } from './aggregate.ts';
import type { RetentionOptions, ShardRetention } from './retention-options.ts';
import { ShardRetainer, TellingFailedError } from './shard-retainer.ts';

/** A day's rows are read, counted and compared by single statements. */
const STATEMENT_MS = 30 * 60_000;

/**
 * The daily run on the shards of the cluster. First makes partitions ahead on all shards; then drops old days on one shard
 * after the other, each under its lease. Goes on where an earlier run was interrupted, whatever the reason.
 *
 * @throws StoppedError when `signal` aborts; what `tell` throws; RegistryError. A failure on a shard is in its report, and
 *   does not stop the rest
 */
export async function runRetention(
  cluster: OperatorCluster,
  options: RetentionOptions = {},
): Promise<readonly ShardRetention[]> {
  const aggregate = aggregateOf(cluster.tables);
  const members = options.shards ?? shardsOfMap(await clusterMap(cluster));
  const sessions = openShardSessions(cluster.configs, { connections: 3, statementTimeoutMs: STATEMENT_MS });
  try {
    const retainers = members.map((shard) => new ShardRetainer(sessions, shard, cluster, aggregate, options));
    for (const retainer of retainers) await retainer.makeAhead();
    for (const retainer of retainers) await retainer.retain();
    return retainers.map(({ report }) => report);
  } catch (error) {
    throw error instanceof TellingFailedError ? error.cause : error;
  } finally {
    await sessions.close();
  }
}
