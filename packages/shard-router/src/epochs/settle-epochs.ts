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

/** What was found, and done about it. */
export interface Settled {
  /** Openings that every shard has followed now. */
  readonly settled: number;
  /** Openings that are undecided, and still have time; or of shards that are not known here. */
  readonly pending: number;
}

/**
 * Carries out what was decided on openings of epochs wherever it was not, and aborts those that nobody decides in time.
 * Whoever opened them may be dead: every router does this now and then, and every command about epochs. Can be run by
 * several at once.
 *
 * @param by who does it, for the books
 * @throws the router's errors for a shard that does not answer; the rest is done by whoever comes next
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

/** What was decided; of one that nobody has decided in time, that it is aborted. */
async function decide(
  session: ShardSession,
  opening: OpeningRow,
  by: string,
): Promise<OpeningState | undefined> {
  if (opening.state !== 'preparing') return opening.state;
  if (Number(opening.late) === 0) return undefined;
  const from = BigInt(opening.epoch_from);
  const change = { expected: 'preparing', state: 'aborted', by } as const;
  // Where another was faster, what it has decided is followed by whoever looks next.
  return (await changeOpening(session, from, change)) ? 'aborted' : undefined;
}

/** Has every shard follow a decision, and notes that it has. */
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
