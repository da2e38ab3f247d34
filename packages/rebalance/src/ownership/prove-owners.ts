import { epochRanges, NUMBERS_END, type ShardMap } from '@ordershard/shard-router';
import type { MoveKind } from '../move/move-plan.ts';
import { byPlace, type Claim, type ClaimedCell, type HandedNumber } from './claim.ts';

/** A cell that is owned once. */
export interface OwnedCell {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly shard: number;
}

/** A cell that two or more shards own, or none. */
export interface OwnershipFault extends Omit<OwnedCell, 'shard'> {
  /** The shards that claim it, lowest id first; none when nobody owns it. */
  readonly shards: readonly number[];
}

/** The owners that follow from the claims of all members. */
export interface Ownership {
  /** Each cell with its one owner; adjacent ranges of one owner are one. */
  readonly owned: readonly OwnedCell[];
  readonly faults: readonly OwnershipFault[];
  /** The generation of the keys of each epoch of the map, as the claims have it. */
  readonly generations: readonly number[];
}

/** A claim. If `absent`, its shard does not answer, and it is the last claim of the shard that others know. */
export interface HeardClaim extends Claim {
  readonly absent?: boolean;
}

interface Claimed extends ClaimedCell {
  readonly shard: number;
  readonly absent: boolean;
}

/**
 * Works out whether everything has one owner: each bucket's numbers from the first to the last, its keys in each generation
 * of the map, its texts. A pure function. A generation that the map does not have, such as one of an epoch that is being
 * opened, needs no owner, but must not have two.
 *
 * @param claims of every member of the cluster, each once
 */
export function proveOwners(map: ShardMap, claims: readonly HeardClaim[]): Ownership {
  const cells = claims.flatMap(({ shard, absent = false, cells: own }) =>
    own.map((cell): Claimed => ({ ...cell, shard, absent })),
  );
  const absent = new Set(claims.filter((claim) => claim.absent).map(({ shard }) => shard));
  const handed = claims.flatMap((claim) => claim.handed).filter(({ to }) => absent.has(to));
  const generations = generationsOf(map, cells);
  const judged = cellsByBucket(map, generations, cells).flatMap(({ kind, bucket, wanted, found }) => {
    const here = kind === 'numbers' ? handed.filter((one) => one.bucket === bucket) : [];
    return judge(kind, bucket, wanted, found, here);
  });
  return {
    owned: judged.flatMap(({ shards, ...cell }) =>
      shards.length === 1 ? [{ ...cell, shard: shards[0]! }] : [],
    ),
    faults: judged.filter(({ shards }) => shards.length !== 1),
    generations,
  };
}

interface BucketCells {
  readonly kind: MoveKind;
  readonly bucket: number;
  /** What must have an owner. */
  readonly wanted: readonly Range[];
  readonly found: readonly Claimed[];
}

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

function cellsByBucket(
  map: ShardMap,
  generations: readonly number[],
  cells: readonly Claimed[],
): readonly BucketCells[] {
  const found = Map.groupBy(cells, ({ kind, bucket }) => `${kind} ${bucket}`);
  const wanted: Record<MoveKind, readonly Range[]> = {
    numbers: [{ from: 0n, to: NUMBERS_END }],
    keys: [...new Set(generations)].map((each) => ({ from: BigInt(each), to: BigInt(each) + 1n })),
    texts: [{ from: 0n, to: 1n }],
  };
  return (['keys', 'numbers', 'texts'] as const).flatMap((kind) =>
    Array.from({ length: map.bucketCount }, (_, bucket) => ({
      kind,
      bucket,
      wanted: wanted[kind],
      found: found.get(`${kind} ${bucket}`) ?? [],
    })),
  );
}

/** Returns the owners of each part of a bucket, from its first cell to the last. */
function judge(
  kind: MoveKind,
  bucket: number,
  wanted: readonly Range[],
  found: readonly Claimed[],
  handed: readonly HandedNumber[],
): readonly OwnershipFault[] {
  const ends = [
    ...wanted.flatMap(({ from, to }) => [from, to]),
    ...found.flatMap(({ from, to }) => [from, to]),
    ...handed.flatMap(({ number }) => [number, number + 1n]),
  ].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const all: OwnershipFault[] = [];
  for (const [index, from] of ends.entries()) {
    const to = ends[index + 1];
    if (to === undefined || from === to) continue;
    const here = found.filter((cell) => cell.from <= from && to <= cell.to);
    const isWanted = wanted.some((range) => range.from <= from && to <= range.to);
    if (here.length === 0 && !isWanted) continue;
    const shards = ownersOf(here, to - from === 1n && kind === 'numbers');
    const given = handed.find(({ number }) => number === from && to === from + 1n);
    add(all, {
      kind,
      bucket,
      from,
      to,
      shards: shards.length === 0 && given !== undefined ? [given.to] : shards,
    });
  }
  return all.toSorted(byPlace);
}

/** Returns the owners among the shards that claim one cell. */
function ownersOf(claimed: readonly Claimed[], isSingle: boolean): readonly number[] {
  const firm = claimed.filter(({ yields }) => yields === undefined);
  // Retention brings single numbers from shard to shard: the claim of a shard that answers is newer than the last known claim
  // of an absent one.
  const present = firm.filter(({ absent }) => !absent);
  if (isSingle && present.length === 1) return [present[0]!.shard];
  const holding = claimed.filter(
    ({ yields }) => typeof yields === 'number' && !firm.some(({ shard }) => shard === yields),
  );
  const some = [...firm, ...holding];
  const owners = some.length > 0 ? some : claimed.filter(({ yields }) => yields === 'any');
  // Each of several shards would give it up to any other: nobody can use it any more, so any of them may count as owner.
  const last = some.length > 0 ? owners : owners.slice(0, 1);
  return [...new Set(last.map(({ shard }) => shard))].toSorted((a, b) => a - b);
}

function add(all: OwnershipFault[], next: OwnershipFault): void {
  const last = all.at(-1);
  const alike =
    last !== undefined &&
    next.kind === 'numbers' &&
    last.to === next.from &&
    last.shards.length === next.shards.length &&
    last.shards.every((shard, index) => shard === next.shards[index]);
  if (alike) all[all.length - 1] = { ...last, to: next.to };
  else all.push(next);
}

/**
 * Returns the generation of each epoch's keys: the one that most claims with the epoch's beginning have, or the map's where
 * no claim has one.
 */
function generationsOf(map: ShardMap, cells: readonly ClaimedCell[]): readonly number[] {
  const counts = new Map<bigint, Map<bigint, number>>();
  for (const { kind, begins, from } of cells) {
    if (kind !== 'keys' || begins === undefined) continue;
    const some = counts.get(begins) ?? new Map<bigint, number>();
    counts.set(begins, some.set(from, (some.get(from) ?? 0) + 1));
  }
  return epochRanges(map).map(({ from, keyGeneration }) => {
    const [most] = [...(counts.get(from) ?? [])].toSorted(([, a], [, b]) => b - a);
    return most === undefined ? keyGeneration : Number(most[0]);
  });
}
