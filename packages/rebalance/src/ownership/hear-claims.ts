import {
  checkIdentity,
  isLater,
  type KeptBeat,
  readBeats,
  RouterError,
  type ShardMap,
  type ShardSession,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { readClaimingFences } from '../sql/ownership/claiming-fences.ts';
import { readSeal, readSealVersions, type SealVersion } from '../sql/ownership/seals.ts';
import { type Claim, claimOf } from './claim.ts';
import { encodeClaim, hashOfClaim } from './claim-text.ts';
import { MemberAbsentError, ShardBehindError } from './errors.ts';
import type { HeardClaim } from './prove-owners.ts';
import { claimOfSeal } from './seal.ts';

/** What a member says that it owns, and what it knows of others. */
export interface HeardMember {
  readonly shard: number;
  readonly claim: Claim;
  /** The hash of the claim; it shows whether the claim has changed. */
  readonly hash: string;
  readonly seals: readonly SealVersion[];
  /** Its own beat, and the last beats that it has seen of others. */
  readonly beats: readonly KeptBeat[];
}

/** The claims of all members. For a member that does not answer, other members' word counts. */
export interface Heard {
  /** The members that answer, lowest id first. */
  readonly present: readonly HeardMember[];
  readonly absent: readonly number[];
  /** A claim for each member. */
  readonly claims: readonly HeardClaim[];
}

/** Asks a member. */
export async function hearMember(session: ShardSession): Promise<HeardMember> {
  return {
    shard: session.shard,
    ...(await hearClaim(session)),
    seals: await readSealVersions(session),
    beats: await readBeats(session),
  };
}

/** Returns the last beat of a shard that others have seen. */
export function lastSeen(
  shard: number,
  by: readonly Pick<HeardMember, 'shard' | 'beats'>[],
): KeptBeat | undefined {
  return by
    .filter((other) => other.shard !== shard)
    .flatMap(({ beats }) => beats)
    .filter((beat) => beat.shard === shard)
    .reduce<KeptBeat | undefined>(
      (last, beat) => (last === undefined || isLater(beat, last) ? beat : last),
      undefined,
    );
}

/** Reads what a shard claims, of one moment. */
export async function hearClaim(session: ShardSession): Promise<Pick<HeardMember, 'claim' | 'hash'>> {
  const claim = claimOf(session.shard, await readClaimingFences(session));
  return { claim, hash: hashOfClaim(encodeClaim(claim)) };
}

/**
 * Asks every member what it owns. For a member that does not answer, uses its last seal, which other members keep.
 *
 * @throws MemberAbsentError when no shard knows what a member that does not answer owned
 * @throws ShardBehindError when a member has forgotten what it once said
 */
export async function hearClaims(
  cluster: OperatorCluster,
  map: ShardMap,
  members: readonly number[],
): Promise<Heard> {
  const { clusterId, onShard } = cluster;
  const answers = await Promise.allSettled(
    members.map((shard) =>
      onShard(shard, async (session): Promise<HeardMember> => {
        await checkIdentity(session, clusterId);
        return hearMember(session);
      }),
    ),
  );
  const present: HeardMember[] = [];
  const absent: number[] = [];
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'fulfilled') present.push(answer.value);
    else if (answer.reason instanceof RouterError && answer.reason.retryable) absent.push(members[index]!);
    else throw answer.reason;
  }
  for (const member of present) {
    refuseBehind(member, present);
    await refuseBeatBehind(cluster, member, present);
  }
  const sealed = await Promise.all(
    absent.map(async (shard) => claimOfSeal(map, shard, await lastSeal(cluster, shard, present))),
  );
  return { present, absent, claims: [...present.map(({ claim }) => claim), ...sealed] };
}

/** Returns the newest seal of a shard that others keep. */
export function newestSeal(
  shard: number,
  keepers: readonly HeardMember[],
): (SealVersion & { readonly keeper: number }) | undefined {
  return keepers
    .filter((keeper) => keeper.shard !== shard)
    .flatMap(({ shard: keeper, seals }) => seals.map((seal) => ({ ...seal, keeper })))
    .filter(({ shard_id: of }) => of === shard)
    .toSorted((a, b) => (BigInt(a.version) < BigInt(b.version) ? 1 : -1))[0];
}

/** Returns the seal of a member that others keep and the member has forgotten; undefined when it has forgotten none. */
export function forgottenSeal(
  { shard, seals }: Pick<HeardMember, 'shard' | 'seals'>,
  present: readonly HeardMember[],
): ReturnType<typeof newestSeal> {
  const own = seals.find(({ shard_id: of }) => of === shard);
  const known = newestSeal(shard, present);
  if (known === undefined || own === undefined) return known;
  const isSame = own.version === known.version && own.hash === known.hash;
  return isSame || BigInt(own.version) > BigInt(known.version) ? undefined : known;
}

function refuseBehind(member: HeardMember, present: readonly HeardMember[]): void {
  const known = forgottenSeal(member, present);
  if (known === undefined) return;
  const { shard, seals } = member;
  const own = seals.find(({ shard_id: of }) => of === shard);
  throw new ShardBehindError(
    shard,
    `its database is of an earlier state than what others know of it: shard ${known.keeper} keeps version ${known.version} ` +
      `of what it owned, of ${known.sealed_at.slice(0, 19)} UTC, and it has ${own === undefined ? 'none' : `version ${own.version}`}. ` +
      `Was it restored from a backup? Then: shard-rebalance shard recover ${shard}`,
  );
}

async function refuseBeatBehind(
  { onShard }: OperatorCluster,
  { shard, beats }: HeardMember,
  present: readonly HeardMember[],
): Promise<void> {
  const seen = lastSeen(shard, present);
  const isBehind = (some: readonly KeptBeat[]) => {
    const own = some.find((beat) => beat.shard === shard);
    return seen !== undefined && (own === undefined || isLater(seen, own));
  };
  // The beat may have risen between the two answers: ask once more.
  if (!isBehind(beats) || !isBehind(await onShard(shard, (session) => readBeats(session)))) return;
  throw new ShardBehindError(
    shard,
    `its database is of an earlier state than others have seen it in, at ${seen!.at.slice(0, 19)} UTC. ` +
      `Was it restored from a backup? Then: shard-rebalance shard recover ${shard}`,
  );
}

async function lastSeal(
  { onShard }: OperatorCluster,
  shard: number,
  present: readonly HeardMember[],
): Promise<string> {
  const newest = newestSeal(shard, present);
  if (newest === undefined)
    throw new MemberAbsentError(shard, 'and no other shard knows what it owned last. Bring it back first');
  return onShard(newest.keeper, async (session) => (await readSeal(session, shard))!.body);
}
