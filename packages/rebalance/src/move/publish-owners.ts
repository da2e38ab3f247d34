import {
  loadMap,
  MapConflictError,
  nextMap,
  publishMap,
  type ShardMap,
  type ShardSession,
} from '@ordershard/shard-router';
import { type FenceCell, readAllFences } from '../sql/move/fences.ts';
import type { MoveCluster } from './move-options.ts';
import type { MoveKind } from './move-plan.ts';

/** How often the next version is made when someone else was quicker. */
const TRIES = 5;

/**
 * Publishes what the fences of all shards say, as the next version of the shard map, unless the newest version says so
 * already, and announces it.
 *
 * @returns the newest version
 * @throws ShardUnavailableError when a shard is down: its fences, too, make the map
 */
export async function publishOwners(cluster: MoveCluster): Promise<ShardMap> {
  const { clusterId, shards, onShard } = cluster;
  for (let tries = 1; ; tries += 1) {
    const map = await loadMap(shards, clusterId, onShard);
    const body = await ownersByFences(cluster, map);
    if (sameOwners(map, body)) return map;
    const next = nextMap(body, map);
    try {
      await publishMap(next, shards, onShard);
    } catch (error) {
      if (!(error instanceof MapConflictError) || tries === TRIES) throw error;
      continue;
    }
    await cluster.announce?.(next);
    return next;
  }
}

/** Who claims a bucket, the best claim last: a frozen one is its source's until its target says that it owns it. */
const CLAIMS = ['frozen', 'capturing', 'owned'];

type Owners = Pick<ShardMap, 'clusterId' | 'bucketCount' | 'epochs' | 'keyOwners'>;

interface Claim {
  readonly kind: MoveKind;
  readonly shard: number;
  readonly fence: FenceCell & { readonly bucket: number };
}

async function claimsOf(session: ShardSession): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (const kind of ['numbers', 'keys'] as const) {
    for (const fence of await readAllFences(session, kind)) {
      if (CLAIMS.includes(fence.state)) claims.push({ kind, shard: session.shard, fence });
    }
  }
  return claims;
}

/** Of two claims on a bucket, the one that counts comes last: of newer keys, or of the stronger state. */
function byStrength(a: Claim, b: Claim): number {
  if (a.kind === 'keys' && b.kind === 'keys' && a.fence.at !== b.fence.at)
    return Number(a.fence.at) - Number(b.fence.at);
  return CLAIMS.indexOf(a.fence.state) - CLAIMS.indexOf(b.fence.state);
}

/** A map's owners with those that the fences name in their place. */
async function ownersByFences({ shards, onShard }: MoveCluster, map: ShardMap): Promise<Owners> {
  const epochs = map.epochs.map(({ from, owners }) => ({ from, owners: [...owners] }));
  const keyOwners = [...map.keyOwners];
  const claims = (await Promise.all(shards.map((shard) => onShard(shard, claimsOf)))).flat();
  for (const { kind, shard, fence } of claims.toSorted(byStrength)) {
    const { bucket, at, to } = fence;
    if (kind === 'keys') keyOwners[bucket] = shard;
    for (const { from, owners } of kind === 'keys' ? [] : epochs) {
      if (BigInt(at) <= BigInt(from) && BigInt(from) < BigInt(to)) owners[bucket] = shard;
    }
  }
  return { ...map, epochs, keyOwners };
}

function sameOwners(a: Owners, b: Owners): boolean {
  return (
    JSON.stringify([a.epochs.map(({ owners }) => owners), a.keyOwners]) ===
    JSON.stringify([b.epochs.map(({ owners }) => owners), b.keyOwners])
  );
}
