import { createHash } from 'node:crypto';
import { TopologyError, UnknownShardError } from '../errors.ts';

/** The buckets of a range of numbers, and the shard of each. */
export interface EpochAssignment {
  /** The first number of the epoch, as decimal text. */
  readonly from: string;
  /** Index: bucket. Value: shard id. */
  readonly owners: readonly number[];
  /** Owners of the buckets of keys that are written together with a number of the epoch; default: those of the map. */
  readonly keyOwners?: readonly number[];
  /** The generation of those keys; 0 unless given. */
  readonly keyGeneration?: number;
}

/** An epoch with its end: numbers from `from` up to, but not with, `to`. */
export interface EpochRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly owners: readonly number[];
  readonly keyOwners: readonly number[];
  readonly keyGeneration: number;
}

/** Where the last epoch ends. */
export const NUMBERS_END = 2n ** 63n - 1n;

/** One version of the assignment of buckets to shards. The router routes by it, but it is only a cache: the fences decide. */
export interface ShardMap {
  readonly version: number;
  readonly clusterId: string;
  readonly bucketCount: number;
  /** Oldest first. */
  readonly epochs: readonly EpochAssignment[];
  /** Owners of the buckets of keys, in the newest epoch and in each epoch that has no key owners of its own. */
  readonly keyOwners: readonly number[];
  /** Owners of the buckets of text keys, in every epoch. Maps of older releases lack them: see {@link textOwnersOf}. */
  readonly textOwners?: readonly number[];
  /** Every shard of the cluster, whether it owns a bucket or not. Maps of older releases lack this list. */
  readonly shards?: readonly number[];
  readonly parentHash: string;
  readonly hash: string;
}

/** The parent of the first version. */
export const NO_PARENT = '0'.repeat(64);

/** The content of a version of the map, without its version number and hashes. */
export type MapBody = Omit<ShardMap, 'hash' | 'parentHash' | 'version'>;

/** Causes a compile error when the caller has not named a field. At run time it holds the fields of a later release. */
function unnamed(rest: Readonly<Record<string, never>>): object {
  return rest;
}

function hashOf(version: number, parentHash: string, body: string): string {
  return createHash('sha256').update(`${version}\n${parentHash}\n${body}`).digest('hex');
}

/**
 * The text that is stored for a map, in one fixed form, so that equal maps have equal hashes. Fields that a later release
 * has added come after those that this one knows.
 */
export function encodeMapBody(body: MapBody): string {
  const { clusterId, bucketCount, epochs, keyOwners, shards, textOwners, ...rest } = bodyOf(body);
  return JSON.stringify({
    clusterId,
    bucketCount,
    epochs: epochs.map(({ from, owners, keyOwners: own, keyGeneration, ...later }) => {
      return { from, owners, keyOwners: own, keyGeneration, ...unnamed(later) };
    }),
    keyOwners,
    shards,
    // It comes after the fields that the previous release knew, because that release keeps it there.
    textOwners,
    ...unnamed(rest),
  });
}

/** Returns the body of a map: everything except its version number and hashes. */
function bodyOf(map: MapBody & Partial<ShardMap>): MapBody {
  const { version: _version, hash: _hash, parentHash: _parentHash, ...body } = map;
  return body;
}

/** Makes the map that follows `parent` (or the first one). */
export function nextMap(body: MapBody, parent?: ShardMap): ShardMap {
  const version = (parent?.version ?? 0) + 1;
  const parentHash = parent?.hash ?? NO_PARENT;
  return { ...body, version, parentHash, hash: hashOf(version, parentHash, encodeMapBody(body)) };
}

/** The first map of a cluster: every bucket's numbers, keys and texts spread evenly over the shards, in turn. */
export function initialMap(clusterId: string, bucketCount: number, shards: readonly number[]): ShardMap {
  const owners = Array.from({ length: bucketCount }, (_, bucket) => shards[bucket % shards.length]!);
  const epochs = [{ from: '0', owners }];
  return nextMap({ clusterId, bucketCount, epochs, keyOwners: owners, textOwners: owners, shards });
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
  for (const owners of assignmentsOf(map)) {
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

/** Every list of owners that a map has. */
export function assignmentsOf(
  map: Pick<ShardMap, 'epochs' | 'keyOwners' | 'textOwners'>,
): readonly (readonly number[])[] {
  const lists = map.epochs.flatMap(({ owners, keyOwners }) =>
    keyOwners === undefined ? [owners] : [owners, keyOwners],
  );
  return [...lists, map.keyOwners, ...(map.textOwners === undefined ? [] : [map.textOwners])];
}

/** The place of the epoch that holds a number. */
function epochAt({ epochs }: ShardMap, number: bigint): number {
  let at = epochs.length - 1;
  while (at > 0 && number < BigInt(epochs[at]!.from)) at -= 1;
  return at;
}

/**
 * Returns where the range of numbers that holds a number begins, by the map and so mostly on the shards too: decimal text.
 */
export function rangeStartOf(map: ShardMap, number: bigint): string {
  return map.epochs[epochAt(map, number)]!.from;
}

/** Returns the epochs of a map with all omitted fields filled in: the end, the owners of keys, and the key generation. */
export function epochRanges(map: ShardMap): readonly EpochRange[] {
  return map.epochs.map(({ from, owners, keyOwners = map.keyOwners, keyGeneration = 0 }, at) => {
    const next = map.epochs[at + 1];
    return {
      from: BigInt(from),
      to: next === undefined ? NUMBERS_END : BigInt(next.from),
      owners,
      keyOwners,
      keyGeneration,
    };
  });
}

/** Returns the owner of a number of `bucket` by a map. */
export function ownerOfNumber(map: ShardMap, bucket: number, number: bigint): number {
  return map.epochs[epochAt(map, number)]!.owners[bucket]!;
}

/** Returns the owner, by a map, of a key of `bucket` that is written together with `number`. */
export function ownerOfKey(map: ShardMap, bucket: number, number: bigint): number {
  return (map.epochs[epochAt(map, number)]!.keyOwners ?? map.keyOwners)[bucket]!;
}

/**
 * Returns the owners of the buckets of text keys. For a map that lacks them, it returns the key owners of the first epoch.
 */
export function textOwnersOf(map: Pick<ShardMap, 'epochs' | 'keyOwners' | 'textOwners'>): readonly number[] {
  return map.textOwners ?? map.epochs[0]!.keyOwners ?? map.keyOwners;
}

/** Returns the map with another owner of a bucket of text keys. The result is not a new version. */
export function withOwnerOfText(map: ShardMap, bucket: number, owner: number): ShardMap {
  return { ...map, textOwners: textOwnersOf(map).with(bucket, owner) };
}

/**
 * Returns the map with another owner of a bucket of numbers in the epoch that holds `number`. The result is not a new
 * version.
 */
export function withOwnerOfNumber(map: ShardMap, bucket: number, number: bigint, owner: number): ShardMap {
  const at = epochAt(map, number);
  const { owners, ...epoch } = map.epochs[at]!;
  return { ...map, epochs: map.epochs.with(at, { ...epoch, owners: owners.with(bucket, owner) }) };
}

/** Returns the map with another owner of a bucket of the keys written with `number`. The result is not a new version. */
export function withOwnerOfKey(map: ShardMap, bucket: number, number: bigint, owner: number): ShardMap {
  const at = epochAt(map, number);
  const { keyOwners, ...epoch } = map.epochs[at]!;
  if (keyOwners === undefined) return { ...map, keyOwners: map.keyOwners.with(bucket, owner) };
  return { ...map, epochs: map.epochs.with(at, { ...epoch, keyOwners: keyOwners.with(bucket, owner) }) };
}

/** The generation of the keys that are written together with `number`. */
export function keyGenerationAt(map: ShardMap, number: bigint): number {
  return map.epochs[epochAt(map, number)]!.keyGeneration ?? 0;
}

/** An owner of a key in an epoch that is over. */
export interface EarlierOwner {
  readonly shard: number;
  /** The first number after that epoch, as decimal text. */
  readonly until: string;
}

/**
 * Returns the shards that may hold a key of `bucket` from before the epoch of `number`: the owners in each epoch that ended
 * at `since` or later, the latest first. The owner in the epoch of `number` itself is left out.
 */
export function earlierKeyOwners(
  map: ShardMap,
  bucket: number,
  number: bigint,
  since: bigint,
): readonly EarlierOwner[] {
  const known = new Set([ownerOfKey(map, bucket, number)]);
  const earlier: EarlierOwner[] = [];
  for (let at = epochAt(map, number); at > 0; at -= 1) {
    const until = map.epochs[at]!.from;
    if (BigInt(until) < since) break;
    const shard = (map.epochs[at - 1]!.keyOwners ?? map.keyOwners)[bucket]!;
    if (!known.has(shard)) earlier.push({ shard, until });
    known.add(shard);
  }
  return earlier;
}

/**
 * Returns the next map, with one more epoch: numbers from `from` on, and the keys written with them, get their own owners.
 */
export function withEpoch(
  map: ShardMap,
  { from, owners, keyOwners }: Required<Omit<EpochAssignment, 'keyGeneration'>>,
): ShardMap {
  const epochs = map.epochs.map((epoch) => ({ ...epoch, keyOwners: epoch.keyOwners ?? map.keyOwners }));
  const keyGeneration = 1 + Math.max(...epochs.map((epoch) => epoch.keyGeneration ?? 0));
  const all = [...epochs, { from, owners, keyGeneration }];
  return nextMap({ ...map, epochs: all, keyOwners, textOwners: textOwnersOf(map) }, map);
}

/**
 * Returns the next map without its newest epoch, which is withdrawn before it begins. The epoch before it holds its numbers.
 */
export function withoutNewestEpoch(map: ShardMap): ShardMap {
  const epochs = map.epochs.slice(0, -1);
  const { keyOwners: own, ...newest } = epochs.at(-1)!;
  // The owners of the newest epoch's keys stand beside the epochs.
  const keyOwners = own ?? map.keyOwners;
  return nextMap(
    { ...map, epochs: [...epochs.slice(0, -1), newest], keyOwners, textOwners: textOwnersOf(map) },
    map,
  );
}

/**
 * Returns the next map without the epochs that end at `from` or before. The epoch that begins there then holds all lower
 * numbers as well.
 */
export function withoutEpochsBelow(map: ShardMap, from: bigint): ShardMap {
  const [first, ...later] = map.epochs.slice(epochAt(map, from));
  const epochs = [{ ...first!, from: '0' }, ...later];
  return nextMap({ ...map, epochs, textOwners: textOwnersOf(map) }, map);
}

/** The shards of the cluster by a map, lowest id first: those that it lists, and every owner. */
export function shardsOfMap(map: ShardMap): readonly number[] {
  return [...new Set([...(map.shards ?? []), ...assignmentsOf(map).flat()])].toSorted((a, b) => a - b);
}

/** Throws {@link UnknownShardError} when a map names a shard that is not configured; `cause` may say why. */
export function checkOwners(map: ShardMap, configured: (shard: number) => boolean, cause?: unknown): void {
  for (const owner of new Set(assignmentsOf(map).flat())) {
    if (configured(owner)) continue;
    throw new UnknownShardError(
      `shard map version ${map.version} names shard ${owner}, which is not configured`,
      { cause },
    );
  }
}
