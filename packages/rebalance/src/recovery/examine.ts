import {
  type Beat,
  checkIdentity,
  isLater,
  type KeptBeat,
  readBeats,
  type ShardMap,
  shardsOfMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { MemberMissingError, ShardRefusedError } from '../errors.ts';
import { allBooked, unfinished } from '../move/books.ts';
import { readSeal } from '../sql/ownership/seals.ts';
import { clusterMap, withShards } from '../topology/cluster-map.ts';
import { findReturns, type Return } from './returns.ts';
import { type WordOfOthers, wordOfOthers } from './word-of-others.ts';

/** The findings on a shard whose database is of an earlier state than others have seen. */
export interface Restored {
  readonly shard: number;
  readonly map: ShardMap;
  /** Lowest id first; the shard is one of them. */
  readonly members: readonly number[];
  readonly word: WordOfOthers;
  /** What its database says of itself. */
  readonly own: KeptBeat | undefined;
  /** What the shard was given and has forgotten: it goes back to the shards that gave it. */
  readonly returns: readonly Return[];
  /** Moves to or from it that are not at their end in anybody's books. */
  readonly underWay: number;
}

/**
 * Finds out what a shard has forgotten. Changes nothing.
 *
 * @throws ShardRefusedError when it has forgotten nothing, is the only member, or is not a member of the cluster
 * @throws MemberMissingError, OwnershipError, ShardUnavailableError: the word of every other member is needed
 */
export async function examineRestored(cluster: OperatorCluster, shard: number): Promise<Restored> {
  const refuse = (message: string) => new ShardRefusedError(shard, message);
  const map = await clusterMap(cluster);
  const members = shardsOfMap(map);
  if (!members.includes(shard)) throw refuse(`it is not one of the cluster (${members.join(', ')})`);
  const missing = members.filter((member) => !cluster.shards.includes(member));
  if (missing.length > 0) throw new MemberMissingError(missing);
  const others = members.filter((member) => member !== shard);
  if (others.length === 0)
    throw refuse('it is the only one of the cluster: there is nobody to say what it has forgotten');
  const word = await wordOfOthers(cluster, map, shard, others);
  const { own, sealed } = await cluster.onShard(shard, async (session) => {
    await checkIdentity(session, cluster.clusterId);
    return {
      own: (await readBeats(session)).find((beat) => beat.shard === shard),
      sealed: await readSeal(session, shard),
    };
  });
  const isBeatBehind = word.beat !== undefined && (own === undefined || isLater(word.beat, own));
  const isSealBehind =
    word.seal !== undefined && (sealed === undefined || BigInt(sealed.version) < BigInt(word.seal.version));
  if (!isBeatBehind && !isSealBehind)
    throw refuse(`it has forgotten nothing that others know: beat ${beatText(own)}, as they have seen it`);
  const booked = unfinished(await allBooked(withShards(cluster, members)));
  const underWay = booked.filter(({ source, target }) => source === shard || target === shard).length;
  const returns = await findReturns(cluster, shard, others);
  return { shard, map, members, word, own, returns, underWay };
}

/** A beat for people. */
export function beatText(beat: Omit<Beat, 'shard'> | undefined): string {
  return beat === undefined ? 'none' : `${beat.incarnation}.${beat.beat}`;
}
