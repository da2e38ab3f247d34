import type { FenceState } from '@ordershard/shard-router';

/** A row of bucket_fences: what a shard may do with the numbers of a bucket in [from, to). */
export interface FenceRange {
  readonly bucket: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly state: FenceState;
  readonly generation: number;
  readonly nextOwner: number | null;
  readonly writableFrom: bigint;
  readonly readableFrom: bigint;
}

/** The fields of a range that change. */
export type FenceChange = Partial<Pick<FenceRange, 'state' | 'nextOwner' | 'writableFrom' | 'readableFrom'>>;

/** Whether a range is of one number only: one that was carried over. */
export function isSingle({ from, to }: FenceRange): boolean {
  return to === from + 1n;
}

/**
 * Cuts the ranges of a bucket so that `number` has one of its own, and changes that. The others stay disjoint and leave
 * nothing out. Returns all ranges in order.
 *
 * @throws RangeError when no range holds the number
 */
export function withOwnRange(
  ranges: readonly FenceRange[],
  number: bigint,
  change: FenceChange,
): readonly FenceRange[] {
  const at = ranges.findIndex(({ from, to }) => from <= number && number < to);
  const around = ranges[at];
  if (around === undefined) throw new RangeError(`no fence holds number ${number}`);
  const own: FenceRange = {
    ...around,
    ...change,
    from: number,
    to: number + 1n,
    generation: around.generation + 1,
  };
  return [
    ...ranges.slice(0, at),
    ...(around.from < number ? [{ ...around, to: number }] : []),
    own,
    ...(number + 1n < around.to ? [{ ...around, from: number + 1n }] : []),
    ...ranges.slice(at + 1),
  ];
}

/**
 * Removes the range of its own from a number. The number takes the values of the nearest range that is not of a single
 * number, first looking below. Joins adjacent ranges that are alike, so that the number of ranges does not grow with each
 * number that had its own.
 */
export function withoutOwnRange(ranges: readonly FenceRange[], number: bigint): readonly FenceRange[] {
  const at = ranges.findIndex(({ from, to }) => from === number && to === number + 1n);
  const own = ranges[at];
  if (own === undefined) return ranges;
  const wide = ({ from, to }: FenceRange) => to > from + 1n;
  const like = ranges.slice(0, at).findLast(wide) ?? ranges.slice(at + 1).find(wide);
  if (like === undefined) return ranges;
  const joined: FenceRange[] = [];
  for (const range of ranges.with(at, { ...like, from: own.from, to: own.to })) {
    const last = joined.at(-1);
    if (last !== undefined && last.to === range.from && alike(last, range)) {
      joined[joined.length - 1] = { ...last, to: range.to };
    } else joined.push(range);
  }
  return joined;
}

function alike(a: FenceRange, b: FenceRange): boolean {
  return (
    a.state === b.state &&
    a.generation === b.generation &&
    a.nextOwner === b.nextOwner &&
    a.writableFrom === b.writableFrom &&
    a.readableFrom === b.readableFrom
  );
}
