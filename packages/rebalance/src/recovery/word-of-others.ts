import { epochRanges, type KeptBeat, type ShardMap, textOwnersOf } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { forgottenSeal, hearMember, lastSeen, newestSeal } from '../ownership/hear-claims.ts';
import { type HeardClaim, type Ownership, proveOwners } from '../ownership/prove-owners.ts';
import { OwnershipError } from '../ownership/errors.ts';
import { groupFaults } from '../ownership/fault-groups.ts';
import { claimOfSeal } from '../ownership/seal.ts';
import { readSeal, type SealRow } from '../sql/ownership/seals.ts';

/** What the other members say of a shard that has forgotten something. */
export interface WordOfOthers {
  /** How far they have seen it; undefined where none has. */
  readonly beat: KeptBeat | undefined;
  /** What it owned last, as they keep it; undefined where none does. */
  readonly seal: SealRow | undefined;
  /** Who owns what: the others by what they say, it by its seal, or by the map where there is none. */
  readonly ownership: Ownership;
}

/**
 * Asks all members except one what they say of that one. When such a member has itself forgotten something, uses its seal.
 *
 * @throws OwnershipError when this does not give one owner for everything
 * @throws ShardUnavailableError when one of them does not answer
 */
export async function wordOfOthers(
  { onShard }: OperatorCluster,
  map: ShardMap,
  shard: number,
  others: readonly number[],
): Promise<WordOfOthers> {
  const heard = await Promise.all(others.map((other) => onShard(other, hearMember)));
  const read = async (known: ReturnType<typeof newestSeal>) =>
    known === undefined ? undefined : onShard(known.keeper, (session) => readSeal(session, known.shard_id));
  const claims = await Promise.all(
    heard.map(async (member): Promise<HeardClaim> => {
      const forgotten = await read(forgottenSeal(member, heard));
      return forgotten === undefined ? member.claim : claimOfSeal(map, member.shard, forgotten.body);
    }),
  );
  const seal = await read(newestSeal(shard, heard));
  const own = seal === undefined ? claimOfMap(map, shard) : claimOfSeal(map, shard, seal.body);
  // What another shard claims now is newer than what this one owned last.
  const yielding = { ...own, cells: own.cells.map((cell) => ({ ...cell, yields: 'any' as const })) };
  const ownership = proveOwners(map, [...claims, yielding]);
  if (ownership.faults.length > 0)
    throw new OwnershipError(groupFaults(ownership.faults).map((group) => ({ ...group, rows: [] })));
  return { beat: lastSeen(shard, heard), seal, ownership };
}

/** What a map gives a shard: all that anybody knows where it was never sealed. */
function claimOfMap(map: ShardMap, shard: number): HeardClaim {
  const cells = epochRanges(map).flatMap(({ from, to, owners, keyOwners, keyGeneration }) => {
    const generation = BigInt(keyGeneration);
    const keys = { from: generation, to: generation + 1n, begins: from };
    return [
      ...ofShard(owners, shard).map((bucket) => ({ kind: 'numbers' as const, bucket, from, to })),
      ...ofShard(keyOwners, shard).map((bucket) => ({ kind: 'keys' as const, bucket, ...keys })),
    ];
  });
  const texts = ofShard(textOwnersOf(map), shard).map((bucket) => ({
    kind: 'texts' as const,
    bucket,
    from: 0n,
    to: 1n,
  }));
  return { shard, absent: true, handed: [], cells: [...cells, ...texts] };
}

function ofShard(owners: readonly number[], shard: number): readonly number[] {
  return owners.flatMap((owner, bucket) => (owner === shard ? [bucket] : []));
}
