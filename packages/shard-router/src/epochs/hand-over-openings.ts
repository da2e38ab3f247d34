import { listOpenings, putOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';

/**
 * Gives another shard what the one that decides on epochs knows of them, before that other one decides: since it has the
 * lowest id of the next version of the shard map. Can be run again; what was there of them is replaced.
 *
 * @throws EpochRefusedError when something is not decided, or not followed by every shard
 */
export async function handOverOpenings(cluster: EpochCluster, to: number): Promise<void> {
  const openings = await cluster.onShard(arbiterOf(cluster), listOpenings);
  const open = openings.find(({ settled, withdraw_until: withdrawn }) => settled !== 1 || withdrawn !== null);
  if (open !== undefined)
    throw new EpochRefusedError(
      `the epoch at ${open.epoch_from} is ${open.state}, and not settled: wait for it, or abort it`,
    );
  await cluster.onShard(to, (session) =>
    inTransaction(session, async () => {
      for (const opening of openings) await putOpening(session, opening);
    }),
  );
}
