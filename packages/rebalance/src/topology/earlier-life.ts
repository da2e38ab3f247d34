import type { ShardMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { groupFaults } from '../ownership/fault-groups.ts';
import { rangesText } from '../ownership/claim-text.ts';
import { claimOf } from '../ownership/claim.ts';
import { readClaimingFences } from '../sql/ownership/claiming-fences.ts';
import { listTables } from '../sql/topology/shard-facts.ts';
import { countRegistered } from './registered-rows.ts';
import { newestMapVersion } from '../sql/topology/map-version.ts';

const MAX_COUNTED = 100_000;

/**
 * Checks whether a database that is to become a shard was a shard of this cluster before: the cluster was made anew since, or
 * was restored to a time before the shard was added. Then the database's fences claim what others own by now.
 *
 * @param known whether the map has the shard: then what it owns is proved with all others, and rows may be left of moves
 * @throws ShardRefusedError naming what the map does not give it
 */
export async function refuseEarlierLife(
  cluster: OperatorCluster,
  shard: number,
  map: ShardMap,
  known: boolean,
): Promise<void> {
  const why = 'Its database has an earlier life: empty it (DROP DATABASE, CREATE DATABASE), and add it again';
  const refuse = (what: string) => new ShardRefusedError(shard, `${what}. ${why}`);
  await cluster.onShard(shard, async (session) => {
    const tables = await listTables(session);
    if (tables.includes('shard_maps')) {
      const version = await newestMapVersion(session);
      if (version > map.version)
        throw refuse(
          `it has version ${version} of the shard map, and the cluster has ${map.version}: unless the others were restored from a backup`,
        );
    }
    if (known) return;
    if (tables.includes('text_fences')) {
      const { cells } = claimOf(shard, await readClaimingFences(session));
      const groups = groupFaults(cells.map((cell) => ({ ...cell, shards: [shard] })));
      if (groups.length > 0)
        throw refuse(
          `by its fences it owns ${groups.map(({ kind, buckets }) => `buckets ${rangesText(buckets)} of ${kind}`).join(', ')}, which the map gives to others`,
        );
    }
    const [rows] = await countRegistered(session, cluster.tables, MAX_COUNTED);
    if (rows !== undefined)
      throw refuse(
        `it has ${rows.rows.toLocaleString('en-US')} rows of ${rows.table}, of which the map gives it none`,
      );
  });
}
