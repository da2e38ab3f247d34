import type { ShardSession } from '../pools/session.ts';
import {
  changeOpening,
  listUnsettled,
  type OpeningRow,
  type OpeningState,
  settleOpening,
  storedMapOf,
} from '../sql/epoch-openings.ts';
import { decodeMap, epochRanges } from '../topology/map.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { followClosed } from './follow-closed.ts';
import { followAborted, followActive } from './follow-decision.ts';
import { takeWithdrawalBack } from './take-withdrawal-back.ts';

/** How many openings were settled, and how many are still open. */
export interface Settled {
  /** Openings that every shard has followed now. */
  readonly settled: number;
  /** Openings that are undecided and still have time, and those of shards that are not known here. */
  readonly pending: number;
}

/**
 * Carries out the decisions on openings of epochs where shards have not followed yet, and aborts openings that nobody has
 * decided in time. The process that opened an epoch may be dead; so every router does this now and then, and so does every
 * command about epochs. Several processes can run it at once.
 *
 * @param by who does it, for the books
 * @throws the router's errors for a shard that does not answer; the next process that settles does the rest
 */
export async function settleEpochs(cluster: EpochCluster, by: string): Promise<Settled> {
  const arbiter = arbiterOf(cluster);
  const openings = await cluster.onShard(arbiter, listUnsettled);
  let settled = 0;
  for (const opening of openings) {
    const shards = JSON.parse(opening.shards) as readonly number[];
    if (!shards.every((shard) => cluster.shards.includes(shard))) continue;
    if (opening.state === 'active' && opening.withdraw_until !== null) {
      if (Number(opening.late) === 0) continue;
      await takeWithdrawalBack({ ...cluster, shards }, BigInt(opening.epoch_from));
      settled += 1;
      continue;
    }
    // A cluster that has got a shard with a lower id since: that one decides.
    if (opening.state === 'preparing' && arbiterOf({ shards }) !== arbiter) continue;
    const decided = await cluster.onShard(arbiter, (session) => decide(session, opening, by));
    if (decided === undefined) continue;
    await follow({ ...cluster, shards }, opening, decided, by);
    settled += 1;
  }
  return { settled, pending: openings.length - settled };
}

/** Returns the decision on an opening; aborts one that nobody has decided in time. Undefined while it is undecided. */
async function decide(
  session: ShardSession,
  opening: OpeningRow,
  by: string,
): Promise<OpeningState | undefined> {
  if (opening.state !== 'preparing') return opening.state;
  if (Number(opening.late) === 0) return undefined;
  const from = BigInt(opening.epoch_from);
  const change = { expected: 'preparing', state: 'aborted', by } as const;
  // If another process was faster, the next look follows what that process has decided.
  return (await changeOpening(session, from, change)) ? 'aborted' : undefined;
}

/** Makes every shard follow a decision, then notes that all have followed. */
export async function follow(
  cluster: EpochCluster,
  opening: OpeningRow,
  state: OpeningState,
  by: string,
): Promise<void> {
  const arbiter = arbiterOf(cluster);
  const map = decodeMap(storedMapOf(opening), cluster.clusterId);
  const from = BigInt(opening.epoch_from);
  await Promise.all(
    cluster.shards.map((shard) =>
      cluster.onShard(shard, async (session) => {
        if (state === 'aborted') await followAborted(session, opening, by, map);
        else if (state === 'active') await followActive(session, map, epochOf(map, from), by);
        else await followClosed(session, map, from, by);
      }),
    ),
  );
  await cluster.onShard(arbiter, async (session) => {
    if (state === 'closing') await changeOpening(session, from, { expected: 'closing', state: 'closed', by });
    await settleOpening(session, from, state === 'closing' ? 'closed' : state);
  });
}

function epochOf(map: ReturnType<typeof decodeMap>, from: bigint) {
  return epochRanges(map).find((epoch) => epoch.from === from)!;
}
