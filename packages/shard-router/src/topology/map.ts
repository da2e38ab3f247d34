import { createHash } from 'node:crypto';
import { TopologyError, UnknownShardError } from '../errors.ts';

/** The buckets of a range of numbers, and the shard of each. */
export interface EpochAssignment {
  /** The first number of the epoch, as decimal text. */
  readonly from: string;
  /** Index: bucket. Value: shard id. */
  readonly owners: readonly number[];
}

/** What routes: a version of the assignment of buckets to shards. A cache of the fences, which decide. */
export interface ShardMap {
  readonly version: number;
  readonly clusterId: string;
  readonly bucketCount: number;
  /** Oldest first. */
  readonly epochs: readonly EpochAssignment[];
  /** Owners of the buckets of keys. */
  readonly keyOwners: readonly number[];
  /** Every shard of the cluster, owner of a bucket or not. Maps of older releases do not say. */
  readonly shards?: readonly number[];
  readonly parentHash: string;
  readonly hash: string;
}

/** The parent of the first version. */
export const NO_PARENT = '0'.repeat(64);

type MapBody = Omit<ShardMap, 'hash' | 'parentHash' | 'version'>;

function hashOf(version: number, parentHash: string, body: string): string {
  return createHash('sha256').update(`${version}\n${parentHash}\n${body}`).digest('hex');
}

/** The text that is stored for a map, in one fixed form, so that equal maps have equal hashes. */
export function encodeMapBody({ clusterId, bucketCount, epochs, keyOwners, shards }: MapBody): string {
  return JSON.stringify({
    clusterId,
    bucketCount,
    epochs: epochs.map(({ from, owners }) => ({ from, owners })),
    keyOwners,
    shards,
  });
}

/** Makes the map that follows `parent` (or the first one). */
export function nextMap(body: MapBody, parent?: ShardMap): ShardMap {
  const version = (parent?.version ?? 0) + 1;
  const parentHash = parent?.hash ?? NO_PARENT;
  return { ...body, version, parentHash, hash: hashOf(version, parentHash, encodeMapBody(body)) };
}

/** The first map of a cluster: every bucket's numbers and keys spread evenly over the shards, in turn. */
export function initialMap(clusterId: string, bucketCount: number, shards: readonly number[]): ShardMap {
  const owners = Array.from({ length: bucketCount }, (_, bucket) => shards[bucket % shards.length]!);
  return nextMap({ clusterId, bucketCount, epochs: [{ from: '0', owners }], keyOwners: owners, shards });
}

/** A map as a shard stores it. */
export interface StoredMap {
  readonly version: number;
  readonly parent_hash: string;
  readonly hash: string;
  readonly body: string;
}

/** Reads a stored map and checks it whole. Throws {@link TopologyError} that says what is wrong. */
export function decodeMap(stored: StoredMap, clusterId: string): ShardMap {
  const { version, parent_hash: parentHash, hash, body } = stored;
  const wrong = (what: string) => new TopologyError(`shard map version ${version}: ${what}`);
  if (hashOf(version, parentHash, body) !== hash) throw wrong('its hash does not match its content');
  const map = { ...(JSON.parse(body) as MapBody), version, parentHash, hash };
  if (map.clusterId !== clusterId) throw wrong(`it belongs to cluster ${map.clusterId}, not ${clusterId}`);
  const { bucketCount } = map;
  if (!Number.isInteger(bucketCount) || bucketCount < 1 || (bucketCount & (bucketCount - 1)) !== 0) {
    throw wrong(`${bucketCount} buckets are not a power of two`);
  }
  if (map.epochs[0]?.from !== '0') throw wrong('its first epoch does not begin at 0');
  for (const owners of [...map.epochs.map((epoch) => epoch.owners), map.keyOwners]) {
    if (owners.length !== bucketCount) throw wrong(`it assigns ${owners.length} of ${bucketCount} buckets`);
    const bad = owners.findIndex((owner) => !Number.isInteger(owner) || owner < 0);
    if (bad >= 0) throw wrong(`bucket ${bad} has no shard`);
  }
  map.epochs.reduce((before, epoch) => {
    if (BigInt(epoch.from) <= BigInt(before.from)) throw wrong('its epochs overlap');
    return epoch;
  });
  return map;
}

/** The shard that a map gives a number of `bucket`. */
export function ownerOfNumber(map: ShardMap, bucket: number, number: bigint): number {
  const { epochs } = map;
  for (let i = epochs.length - 1; i > 0; i -= 1) {
    const epoch = epochs[i]!;
    if (number >= BigInt(epoch.from)) return epoch.owners[bucket]!;
  }
  return epochs[0]!.owners[bucket]!;
}

/** The shards of the cluster by a map, lowest id first: those that it lists, and every owner. */
export function shardsOfMap(map: ShardMap): readonly number[] {
  const owners = [...map.epochs.flatMap((epoch) => epoch.owners), ...map.keyOwners];
  return [...new Set([...(map.shards ?? []), ...owners])].toSorted((a, b) => a - b);
}

/** Throws {@link UnknownShardError} when a map names a shard that is not configured; `cause` may say why. */
export function checkOwners(map: ShardMap, configured: (shard: number) => boolean, cause?: unknown): void {
  for (const owner of [...map.epochs.flatMap((epoch) => epoch.owners), ...map.keyOwners]) {
    if (configured(owner)) continue;
    throw new UnknownShardError(
      `shard map version ${map.version} names shard ${owner}, which is not configured`,
      { cause },
    );
  }
}
