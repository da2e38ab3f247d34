import {
  encodeMapBody,
  type MapBody,
  MapConflictError,
  nextMap,
  publishMap,
  type ShardMap,
  type ShardSession,
  shardsOfMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { OperationLeaseLostError } from '../lease/errors.ts';
import { MapLease } from '../lease/map-lease.ts';
import { changedOwners } from './changed-owners.ts';
import { ClaimChangedError, MemberAbsentError } from './errors.ts';
import { type Proof, type ProofOptions, proveOwnership } from './proof.ts';
import { sealClaims } from './seal-claims.ts';

/** How often to prove again when something has changed on the way. */
const TRIES = 5;

export interface ProvedOptions extends ProofOptions {
  /** Who does it, such as `user@host:pid`. */
  readonly by: string;
  /** What for, as the next operator is told. */
  readonly what: string;
}

/** A proof that stands as long as the right to publish is held. */
export interface HeldProof extends Proof {
  /** Makes sure, in a transaction of a session, that it does. @throws OperationLeaseLostError */
  readonly check: (session: ShardSession) => Promise<void>;
}

/**
 * Proves who owns what, and runs `fn` while nobody else can publish. Before `fn`, seals what each shard owns on two other
 * shards.
 *
 * @throws what `proveOwnership` throws; ShardBusyError when another publishes and does not end
 */
export async function withProof<T>(
  cluster: OperatorCluster,
  options: ProvedOptions,
  fn: (proof: HeldProof) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    // The first proof shows which shards answer: from these the right to publish is taken.
    const { map, heard } = await proveOwnership(cluster, options);
    const decides = shardsOfMap(map)[0]!;
    if (heard.absent.includes(decides))
      throw new MemberAbsentError(decides, 'and it decides on the shard map', options);
    const present = heard.present.map(({ shard }) => shard);
    // A coming member with a lower id decides only from the map version on that includes it.
    const lease = await MapLease.acquire(
      cluster.onShard,
      [decides, ...present.filter((shard) => shard !== decides)],
      { holder: options.by, what: options.what },
    );
    const check = (session: ShardSession) => lease.check(session);
    try {
      const proof = await proveOwnership(cluster, options);
      await sealClaims(cluster, proof, check);
      return await fn({ ...proof, check });
    } catch (error) {
      if (!isAgain(error) || tries === TRIES) throw error;
    } finally {
      await lease.release();
    }
  }
}

/** Proves who owns what, and seals it. @throws what {@link withProof} throws */
export function sealMembers(cluster: OperatorCluster, options: ProvedOptions): Promise<void> {
  return withProof(cluster, options, async () => undefined);
}

function isAgain(error: unknown): boolean {
  return (
    error instanceof ClaimChangedError ||
    error instanceof MapConflictError ||
    error instanceof OperationLeaseLostError
  );
}

/**
 * Publishes the next version of the map, which `decide` makes from the proof. Publishes nothing when the newest version says
 * the same already.
 *
 * @returns the newest version
 * @throws MemberAbsentError when it would change what a member that does not answer owns; what {@link withProof} throws
 */
export function publishProved(
  cluster: OperatorCluster,
  options: ProvedOptions,
  decide: (proof: Proof) => MapBody,
): Promise<{ readonly map: ShardMap; readonly isNew: boolean }> {
  return withProof(cluster, options, async (proof) => {
    const { map, heard } = proof;
    const body = decide(proof);
    if (encodeMapBody(body) === encodeMapBody(map)) return { map, isNew: false };
    const change = changedOwners(map, body).find(({ from, to }) =>
      [from, to].some((shard) => heard.absent.includes(shard)),
    );
    if (change !== undefined)
      throw new MemberAbsentError(
        heard.absent.includes(change.from) ? change.from : change.to,
        `and the map would give ${change.kind} of bucket ${change.bucket} from shard ${change.from} to shard ${change.to}`,
        options,
      );
    const next = nextMap(body, map);
    const present = heard.present.map(({ shard }) => shard);
    await publishMap(next, present, cluster.onShard, {
      check: proof.check,
      decides: shardsOfMap(map)[0]!,
    });
    return { map: next, isNew: true };
  });
}
