import { epochRanges, type ShardMap } from '@ordershard/shard-router';
import type { Claim, ClaimedCell } from './claim.ts';
import { decodeCells, encodeClaim } from './claim-text.ts';
import type { HeardClaim } from './prove-owners.ts';

/** A booked move that is not at its end: the source may have given the cells up by now, and the target may have them. */
export interface BookedCells {
  readonly source: number;
  readonly target: number;
  readonly cells: readonly ClaimedCell[];
}

interface SealBody {
  /** The first number of the newest epoch that the map had. */
  readonly newest: string;
  /** The text of the cells. */
  readonly cells: string;
}

/** Returns the text that others keep of what a shard owns: its claim, and what booked moves may make of it. */
export function sealText(map: ShardMap, claim: Claim, booked: readonly BookedCells[]): string {
  const leaving = booked.filter(({ source }) => source === claim.shard);
  const coming = booked.filter(({ target }) => target === claim.shard);
  const cells = [
    ...claim.cells.flatMap((cell) => promised(cell, leaving)),
    ...coming.flatMap(({ cells: some }) => some.map((cell): ClaimedCell => ({ ...cell, yields: 'any' }))),
  ];
  const body: SealBody = { newest: map.epochs.at(-1)!.from, cells: encodeClaim({ cells }) };
  return JSON.stringify(body);
}

/** A cell, cut where a part of it is promised to the target of a move. */
function promised(cell: ClaimedCell, leaving: readonly BookedCells[]): readonly ClaimedCell[] {
  let rest: readonly ClaimedCell[] = [cell];
  for (const { target, cells } of leaving) {
    for (const one of cells) {
      if (one.kind !== cell.kind || one.bucket !== cell.bucket) continue;
      rest = rest.flatMap((part) => {
        const from = part.from > one.from ? part.from : one.from;
        const to = part.to < one.to ? part.to : one.to;
        if (from >= to) return [part];
        return [
          ...(part.from < from ? [{ ...part, to: from }] : []),
          { ...part, from, to, yields: target },
          ...(to < part.to ? [{ ...part, from: to }] : []),
        ];
      });
    }
  }
  return rest;
}

/**
 * Returns what a shard that does not answer counts as owning: what its seal says, and in epochs that were opened since, what
 * the map gives it.
 */
export function claimOfSeal(map: ShardMap, shard: number, text: string): HeardClaim {
  const { newest, cells } = JSON.parse(text) as SealBody;
  const later = epochRanges(map).filter(({ from }) => from > BigInt(newest));
  const cut = later[0]?.from;
  const sealed = decodeCells(cells).flatMap((cell): ClaimedCell[] => {
    if (cut === undefined || cell.kind !== 'numbers' || cell.to <= cut) return [cell];
    return cell.from < cut ? [{ ...cell, to: cut }] : [];
  });
  const since = later.flatMap(({ from, to, owners, keyOwners, keyGeneration }): ClaimedCell[] => {
    const generation = BigInt(keyGeneration);
    return [
      ...bucketsOf(owners, shard).map((bucket) => ({ kind: 'numbers' as const, bucket, from, to })),
      ...bucketsOf(keyOwners, shard).map((bucket) => ({
        kind: 'keys' as const,
        bucket,
        from: generation,
        to: generation + 1n,
        begins: from,
      })),
    ];
  });
  return { shard, absent: true, handed: [], cells: [...sealed, ...since] };
}

function bucketsOf(owners: readonly number[], shard: number): readonly number[] {
  return owners.flatMap((owner, bucket) => (owner === shard ? [bucket] : []));
}
