import { randomUUID } from 'node:crypto';
import type { ShardMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { readHoldings } from './holdings.ts';
import { type PlannedMoves, planMoves } from './plan-moves.ts';
import { weighted, type WeightWishes } from './wishes.ts';

export interface PlanOptions extends WeightWishes {
  readonly rowsPerSecond: number;
  readonly parallel: number;
}

/** A plan with the map that it was made for, and the bytes of each shard's database. */
export interface MadePlan extends PlannedMoves {
  readonly map: ShardMap;
  readonly databaseBytes: ReadonlyMap<number, bigint>;
}

/**
 * Reads what lies on the shards and plans how it should. Changes nothing; needs every shard of the cluster.
 *
 * @throws what `proveOwnership` throws, and the router's errors for a shard that does not answer
 */
export async function makePlan(
  cluster: OperatorCluster,
  { rowsPerSecond, parallel, ...wishes }: PlanOptions,
): Promise<MadePlan> {
  const { map } = await proveOwnership(cluster);
  const shards = weighted(map, cluster.configs, wishes);
  const holdings = await readHoldings(
    cluster,
    map,
    shards.map(({ id }) => id),
  );
  const planned = planMoves(holdings, { id: randomUUID(), shards, rowsPerSecond, parallel });
  return { ...planned, map, databaseBytes: holdings.bytes };
}
