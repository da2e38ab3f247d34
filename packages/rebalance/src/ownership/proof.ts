import {
  EpochRefusedError,
  loadMap,
  readOpenings,
  settleEpochs,
  type ShardMap,
  shardsOfMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { MemberMissingError } from '../errors.ts';
import { OwnershipError, ShardBehindError } from './errors.ts';
import { groupFaults } from './fault-groups.ts';
import { type Heard, hearClaims } from './hear-claims.ts';
import { type Ownership, proveOwners } from './prove-owners.ts';
import { withRows } from './what-lies-there.ts';

/** That everything had one owner at a moment, over all members of the cluster. */
export interface Proof {
  readonly map: ShardMap;
  readonly ownership: Ownership;
  readonly heard: Heard;
}

/**
 * How often to look before a fault counts: the shards do not answer for the same moment, so what changes hands in between
 * looks wrong once, but not again.
 */
const LOOKS = 3;

export interface ProofOptions {
  /** Shards that are about to become members: they are asked too. */
  readonly also?: readonly number[];
  /** Whether the command has changed something already; for its exit code. */
  readonly changed?: boolean;
}

/**
 * Proves that each bucket's numbers, keys and texts have one owner, over all members of the cluster. Changes nothing, except
 * that shards follow decisions on epochs.
 *
 * @throws MemberMissingError when the configuration lacks a member
 * @throws OwnershipError naming what two shards own, or none, and how many rows lie there
 * @throws ShardBehindError, MemberAbsentError; EpochRefusedError when a shard has not followed a decision on an epoch
 */
export async function proveOwnership(cluster: OperatorCluster, options: ProofOptions = {}): Promise<Proof> {
  let last: Found | undefined;
  for (let look = 1; look <= LOOKS; look += 1) {
    last = await lookOnce(cluster, options);
    if (last.proof !== undefined) return last.proof;
    await settleEpochs(membersOnly(cluster, last.map), 'a proof of owners').catch(() => undefined);
  }
  const { map, heard, faults, behind } = last!;
  if (behind !== undefined) throw behind;
  const undecided = await unfollowed(membersOnly(cluster, map));
  if (undecided !== undefined) throw undecided;
  const present = heard!.present.map(({ shard }) => shard);
  const groups = await withRows(cluster, present, groupFaults(faults!));
  throw new OwnershipError(groups, options);
}

interface Found {
  readonly map: ShardMap;
  readonly proof?: Proof;
  readonly heard?: Heard;
  readonly faults?: Ownership['faults'];
  readonly behind?: ShardBehindError;
}

async function lookOnce(cluster: OperatorCluster, { also = [] }: ProofOptions): Promise<Found> {
  const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
  const members = shardsOfMap(map);
  const missing = members.filter((shard) => !cluster.shards.includes(shard));
  if (missing.length > 0) throw new MemberMissingError(missing);
  try {
    const heard = await hearClaims(
      cluster,
      map,
      [...new Set([...members, ...also])].toSorted((a, b) => a - b),
    );
    const ownership = proveOwners(map, heard.claims);
    if (ownership.faults.length === 0) return { map, proof: { map, ownership, heard } };
    return { map, heard, faults: ownership.faults };
  } catch (error) {
    if (error instanceof ShardBehindError) return { map, behind: error };
    throw error;
  }
}

function membersOnly(cluster: OperatorCluster, map: ShardMap): OperatorCluster {
  return { ...cluster, shards: shardsOfMap(map) };
}

/**
 * Returns the error for a decision on an epoch that not every shard has followed: once all have, the owner is known again.
 */
async function unfollowed(cluster: OperatorCluster): Promise<EpochRefusedError | undefined> {
  const openings = await readOpenings(cluster).catch(() => []);
  const open = openings.find(({ state, settled }) => !settled && state !== 'preparing');
  if (open === undefined) return undefined;
  return new EpochRefusedError(
    `the epoch at ${open.from} is ${open.state}, and not every shard has followed: bring up those that are down, and try again`,
  );
}
