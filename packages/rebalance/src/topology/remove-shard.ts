import { forgetBeat, inTransaction, type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { LogEntry } from '../audit/log-entry.ts';
import type { OperatorCluster } from '../cluster.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { publishProved } from '../ownership/publish.ts';
import { forgetSeals } from '../sql/ownership/seals.ts';
import { deleteEvents, retireShard } from '../sql/topology/retire.ts';
import { checkRemoval, type Removal } from './check-removal.ts';
import { withShards } from './cluster-map.ts';
import { handOver } from './hand-over.ts';

export interface RemoveShardOptions {
  /** Who does it, for the leases. */
  readonly by: string;
  /** Is told of each step before it is done, in a few words; what it throws ends the work there. */
  readonly tell: (step: string) => void;
  /** Is called when something was changed. */
  readonly changed?: () => void;
  /** The row of the audit log that is about it. */
  readonly entry?: LogEntry;
}

/**
 * Takes a shard out of the cluster. If it has the lowest id, hands what it keeps for the whole cluster over to the next
 * shard. Then publishes a map without it, and gives its database up, so that it is no shard any more. Its tables stay, empty
 * except for rows that are the same on every shard. Safe to run again when it was cut off.
 *
 * @throws ShardRefusedError and others of {@link checkRemoval}, with nothing changed
 * @throws ShardBusyError while another operation is under way on any shard
 * @throws MapConflictError when someone else has changed the map meanwhile
 */
export async function removeShard(
  cluster: OperatorCluster,
  { shard, members }: Removal,
  { by, tell, changed, entry }: RemoveShardOptions,
): Promise<ShardMap> {
  const what = `removing shard ${shard}`;
  const leases = await OperationLeases.acquire(
    (id, fn) => cluster.onShard(id, fn),
    [...new Set([...members, shard])],
    { holder: by, what },
  );
  try {
    // Check once more, now that the leases keep all others away from the shards.
    const { map, isGone } = await checkRemoval(cluster, shard);
    const left = members.filter((member) => member !== shard);
    let newest = map;
    if (!isGone) {
      const all = withShards(cluster, members);
      if (shard === members[0]) {
        tell(`handing over what decides to shard ${left[0]!}`);
        await handOver(all, left[0]!, entry);
        changed?.();
      }
      tell(`publishing version ${map.version + 1} of the shard map`);
      ({ map: newest } = await publishProved(all, { by, what, changed: true }, (proof) => ({
        ...proof.map,
        shards: shardsOfMap(proof.map).filter((member) => member !== shard),
      })));
      changed?.();
    }
    for (const member of left)
      await cluster.onShard(member, async (session) => {
        await forgetSeals(session, shard);
        await forgetBeat(session, shard);
      });
    const outboxes = cluster.tables.filter(({ outbox }) => outbox === true).map(({ table }) => table);
    for (const table of outboxes) await cluster.onShard(shard, (session) => deleteEvents(session, table));
    await cluster.onShard(shard, (session) =>
      inTransaction(session, async () => {
        await leases.check(session);
        await retireShard(session);
      }),
    );
    return newest;
  } finally {
    await leases.release();
  }
}
