import { createHash } from 'node:crypto';
import type { MoveKind } from '../move/move-plan.ts';
import type { Claim, ClaimedCell, Yields } from './claim.ts';

/** Buckets whose cells are alike: kind, from, to, begins, yields, and the buckets as ranges. Numbers as decimal text. */
type Group = readonly [MoveKind, string, string, string | null, Exclude<Yields, undefined> | null, string];

/** The text of a claim, in one fixed form, so that equal claims have equal hashes. */
export function encodeClaim({ cells }: Pick<Claim, 'cells'>): string {
  const groups = Map.groupBy(cells, ({ kind, from, to, begins, yields }) =>
    JSON.stringify([kind, String(from), String(to), begins?.toString() ?? null, yields ?? null]),
  );
  const list = [...groups]
    .map(([key, alike]): Group => {
      const head = JSON.parse(key) as [Group[0], Group[1], Group[2], Group[3], Group[4]];
      return [...head, rangesText(alike.map(({ bucket }) => bucket))];
    })
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return JSON.stringify(list);
}

/** The cells of {@link encodeClaim}. */
export function decodeCells(text: string): readonly ClaimedCell[] {
  return (JSON.parse(text) as Group[]).flatMap(([kind, from, to, begins, yields, buckets]) =>
    bucketsOf(buckets).map((bucket) => ({
      kind,
      bucket,
      from: BigInt(from),
      to: BigInt(to),
      ...(begins === null ? {} : { begins: BigInt(begins) }),
      ...(yields === null ? {} : { yields }),
    })),
  );
}

export function hashOfClaim(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Buckets as text: `0-3,7,9-10`. */
export function rangesText(buckets: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const bucket of buckets.toSorted((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && bucket <= open.last + 1) open.last = bucket;
    else ranges.push({ first: bucket, last: bucket });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function bucketsOf(text: string): readonly number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
