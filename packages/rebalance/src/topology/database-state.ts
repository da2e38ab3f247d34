import { LEDGER_TABLE, type ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { type IdentityRow, readIdentity } from '../sql/topology/identity.ts';
import { newestMapVersion } from '../sql/topology/map-version.ts';
import { listTables } from '../sql/topology/shard-facts.ts';

/** What a database is, before anything is made in it. */
export interface DatabaseState {
  /** Which shard it was made; nothing where it was made none. */
  readonly identity: IdentityRow | undefined;
  /** Its tables and views. */
  readonly tables: readonly string[];
  /** The version of the newest shard map in it, 0 for none. */
  readonly mapVersion: number;
}

/** Reads what a database is. */
export async function readDatabase(session: ShardSession): Promise<DatabaseState> {
  const tables = await listTables(session);
  const identity = tables.includes('shard_identity') ? await readIdentity(session) : undefined;
  const mapVersion = tables.includes('shard_maps') ? await newestMapVersion(session) : 0;
  return { identity, tables, mapVersion };
}

/**
 * Refuses a database that cannot be made a shard. A database that has tables and was never migrated as a shard is somebody
 * else's. A database that is another shard, or of another cluster, stays that.
 *
 * @throws ShardRefusedError naming what is there
 */
export function refuseForeign(
  { clusterId }: Pick<OperatorCluster, 'clusterId'>,
  shard: number,
  { identity, tables }: DatabaseState,
): void {
  const refuse = (message: string) => new ShardRefusedError(shard, message);
  if (identity !== undefined && identity.cluster_id !== clusterId)
    throw refuse(`its database belongs to cluster ${identity.cluster_id}, not ${clusterId}`);
  if (identity !== undefined && identity.shard_id !== shard)
    throw refuse(`its database is shard ${identity.shard_id} of the cluster already`);
  // A migration notes what it does before it makes anything.
  if (tables.length > 0 && !tables.includes(LEDGER_TABLE))
    throw refuse(
      `its database is not empty: it has the table ${tables[0]}${tables.length === 1 ? '' : ` and ${tables.length - 1} more`}`,
    );
}
