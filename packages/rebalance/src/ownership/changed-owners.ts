import { epochRanges, type MapBody, type ShardMap, textOwnersOf } from '@ordershard/shard-router';
import type { MoveKind } from '../move/move-plan.ts';

/** A bucket that another shard owns in a map than in the one before it. */
export interface ChangedOwner {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly from: number;
  readonly to: number;
}

/** What changes its owner from a map to another of the same epochs. */
export function changedOwners(map: ShardMap, body: MapBody): readonly ChangedOwner[] {
  const after = epochRanges({ ...map, ...body });
  return [
    ...epochRanges(map).flatMap(({ owners, keyOwners }, at) => [
      ...changes('numbers', owners, after[at]!.owners),
      ...changes('keys', keyOwners, after[at]!.keyOwners),
    ]),
    ...changes('texts', textOwnersOf(map), textOwnersOf(body)),
  ];
}

function changes(
  kind: MoveKind,
  before: readonly number[],
  after: readonly number[],
): readonly ChangedOwner[] {
  return before.flatMap((from, bucket) => {
    const to = after[bucket]!;
    return from === to ? [] : [{ kind, bucket, from, to }];
  });
}
