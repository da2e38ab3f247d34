import { shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { clusterMap, isInitialised } from './cluster-map.ts';

/**
 * Looks whether the configured databases can be made a cluster, or made it again. Changes nothing.
 *
 * @throws ShardRefusedError when there is a cluster already and a database is not one of it
 */
export async function checkInit(cluster: OperatorCluster): Promise<void> {
  const initialised = await Promise.all(cluster.shards.map((shard) => isInitialised(cluster, shard)));
  if (!initialised.includes(true)) return;
  const members = shardsOfMap(await clusterMap(cluster));
  const stranger = cluster.shards.find((shard) => !members.includes(shard));
  if (stranger !== undefined)
    throw new ShardRefusedError(
      stranger,
      `the cluster is there already, of shards ${members.join(', ')}: take it in with \`shard add ${stranger}\``,
    );
}
