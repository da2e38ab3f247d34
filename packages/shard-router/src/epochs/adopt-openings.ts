import { listOpenings, type OpeningRow, type OpeningState, putOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { EpochCluster } from './epoch-cluster.ts';

/**
 * The states of an opening, in their order. If several shards report different states of one opening, the farthest is the
 * true one.
 */
const ORDER: readonly OpeningState[] = ['preparing', 'aborted', 'active', 'closing', 'closed'];

/**
 * Copies to a shard what the other shards know of the openings of epochs: the shard was restored, and has forgotten some
 * openings or how they ended. Openings that only this shard knows stay. Can be run again.
 *
 * @throws ShardUnavailableError when one of the other shards does not answer
 */
export async function adoptOpenings(cluster: EpochCluster, shard: number): Promise<void> {
  const others = cluster.shards.filter((other) => other !== shard);
  const known = new Map<string, OpeningRow>();
  for (const opening of (
    await Promise.all(others.map((other) => cluster.onShard(other, listOpenings)))
  ).flat()) {
    const so = known.get(opening.epoch_from);
    if (so === undefined || isFarther(opening, so)) known.set(opening.epoch_from, opening);
  }
  await cluster.onShard(shard, (session) =>
    inTransaction(session, async () => {
      const own = new Map((await listOpenings(session)).map((opening) => [opening.epoch_from, opening]));
      for (const [from, opening] of known) {
        const here = own.get(from);
        if (here !== undefined && !isFarther(opening, here)) continue;
        // The other shards have already followed a decided opening; this shard follows it by its fences.
        const isDecided = opening.state !== 'preparing' && opening.state !== 'closing';
        await putOpening(session, { ...opening, settled: isDecided ? 1 : 0 });
      }
    }),
  );
}

function isFarther(one: OpeningRow, other: OpeningRow): boolean {
  return ORDER.indexOf(one.state) > ORDER.indexOf(other.state);
}
