import {
  type EpochAssignment,
  epochRanges,
  type MapBody,
  type ShardMap,
  textOwnersOf,
} from '@ordershard/shard-router';
import type { Ownership } from './prove-owners.ts';

/** An epoch whose lists can be written to. Every other field stays as it is. */
type Draft = { -readonly [Field in keyof EpochAssignment]: EpochAssignment[Field] } & {
  owners: number[];
  keyOwners: number[];
};

/**
 * Returns the map's content with the proved owners, each in its own epoch. A generation of keys belongs to the epoch that its
 * fences begin with, so a map that has lost its generations gets them again.
 */
export function mapOfOwners(map: ShardMap, { owned, generations }: Ownership): MapBody {
  const ranges = epochRanges(map);
  const epochs = map.epochs.map((epoch, at): Draft => ({
    ...epoch,
    owners: [...epoch.owners],
    keyOwners: [...ranges[at]!.keyOwners],
    ...(generations[at] === 0 ? {} : { keyGeneration: generations[at]! }),
  }));
  const textOwners = [...textOwnersOf(map)];
  for (const { kind, shard, bucket, from, to } of owned) {
    if (kind === 'texts') textOwners[bucket] = shard;
    for (const [at, epoch] of epochs.entries()) {
      if (kind === 'keys' && from === BigInt(generations[at]!)) epoch.keyOwners[bucket] = shard;
      const begins = ranges[at]!.from;
      if (kind === 'numbers' && from <= begins && begins < to) epoch.owners[bucket] = shard;
    }
  }
  // The owners of the newest epoch's keys stand beside the epochs.
  const { keyOwners, ...newest } = epochs.at(-1)!;
  return { ...map, epochs: [...epochs.slice(0, -1), newest], keyOwners, textOwners };
}
