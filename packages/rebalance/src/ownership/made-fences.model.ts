import { type EpochRange, epochRanges, type ShardMap } from '@ordershard/shard-router';
import type { ClaimingFence } from './claim.ts';

/** Whether a fence is that of one number alone. */
export function isSingle({ kind, at, to }: ClaimingFence): boolean {
  return kind === 'numbers' && BigInt(to) === BigInt(at) + 1n;
}

/** Fences with one of its own for a number. */
export function withOwn(
  fences: readonly ClaimingFence[],
  bucket: number,
  number: bigint,
  change: Partial<ClaimingFence>,
): readonly ClaimingFence[] {
  return fences.flatMap((fence) => {
    const [from, to] = [BigInt(fence.at), BigInt(fence.to)];
    if (fence.kind !== 'numbers' || fence.bucket !== bucket || number < from || to <= number) return [fence];
    const at = (begin: bigint, end: bigint) => ({
      ...fence,
      at: String(begin),
      range_from: String(begin),
      to: String(end),
    });
    return [
      ...(from < number ? [at(from, number)] : []),
      { ...at(number, number + 1n), ...change },
      ...(number + 1n < to ? [at(number + 1n, to)] : []),
    ];
  });
}

/** The fences that a shard gets by a map. */
export function fencesOf(
  map: ShardMap,
  shard: number,
  ranges: readonly EpochRange[] = epochRanges(map),
): readonly ClaimingFence[] {
  const owned = (owner: number) => ({
    state: owner === shard ? ('owned' as const) : ('moved' as const),
    next_owner: owner === shard ? null : owner,
    readable_from: '0',
  });
  const numbersAndKeys = ranges.flatMap(({ from, to, owners, keyOwners, keyGeneration }) => [
    ...owners.map((owner, bucket) => ({
      kind: 'numbers' as const,
      bucket,
      at: String(from),
      to: String(to),
      range_from: String(from),
      ...owned(owner),
    })),
    ...keyOwners.map((owner, bucket) => ({
      kind: 'keys' as const,
      bucket,
      at: String(keyGeneration),
      to: String(keyGeneration),
      range_from: String(from),
      ...owned(owner),
    })),
  ]);
  const texts = (map.textOwners ?? map.keyOwners).map((owner, bucket) => ({
    kind: 'texts' as const,
    bucket,
    at: String(bucket),
    to: String(bucket),
    range_from: '0',
    ...owned(owner),
  }));
  return [...numbersAndKeys, ...texts];
}
