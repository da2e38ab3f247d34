import { listOpenings, putOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';

/**
 * Copies all openings from the shard that decides on epochs to the shard `to`, which has the lowest id of the next version of
 * the shard map and decides from then on. Can be run again; replaces what `to` knows of these openings.
 *
 * @throws EpochRefusedError when an opening is not decided, or not every shard has followed it
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
