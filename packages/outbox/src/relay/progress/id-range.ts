/** Ids from `first` to `last`, both included. */
export interface IdRange {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Takes ids out of ranges, and splits the ranges that contain them. Both arguments are in ascending order, and so is the
 * result.
 */
export function withoutIds<R extends IdRange>(ranges: readonly R[], ids: readonly bigint[]): readonly R[] {
  if (ids.length === 0 || ranges.length === 0) return ranges;
  const rest: R[] = [];
  let next = 0;
  for (const range of ranges) {
    let { first } = range;
    while (next < ids.length && ids[next]! < first) next += 1;
    for (; next < ids.length && ids[next]! <= range.last; next += 1) {
      const id = ids[next]!;
      if (id > first) rest.push({ ...range, first, last: id - 1n });
      first = id + 1n;
    }
    if (first === range.first) rest.push(range);
    else if (first <= range.last) rest.push({ ...range, first });
  }
  return rest;
}

/** Adds ids to ranges, which stay in ascending order and apart from each other. Both are in ascending order. */
export function withIds(ranges: readonly IdRange[], ids: readonly bigint[]): IdRange[] {
  const all = [...ranges, ...ids.map((id) => ({ first: id, last: id }))].toSorted((a, b) =>
    a.first < b.first ? -1 : 1,
  );
  const merged: IdRange[] = [];
  for (const { first, last } of all) {
    const before = merged.at(-1);
    if (before === undefined || before.last + 1n < first) merged.push({ first, last });
    else if (last > before.last) merged[merged.length - 1] = { first: before.first, last };
  }
  return merged;
}

/**
 * Joins the ranges that lie closest together until only `max` are left. A joined range also holds the ids between its parts.
 */
export function coalesce(ranges: readonly IdRange[], max: number): readonly IdRange[] {
  let surplus = ranges.length - max;
  if (surplus <= 0) return ranges;
  const distances = ranges.slice(1).map(({ first }, place) => first - ranges[place]!.last);
  const limit = distances.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))[surplus - 1]!;
  // Among ranges exactly as far apart as the limit, join no more than necessary.
  surplus -= distances.filter((distance) => distance < limit).length;
  const joined: { first: bigint; last: bigint }[] = [{ ...ranges[0]! }];
  for (const [place, { first, last }] of ranges.slice(1).entries()) {
    const distance = distances[place]!;
    const join = distance < limit || (distance === limit && surplus > 0);
    if (join && distance === limit) surplus -= 1;
    if (join) joined.at(-1)!.last = last;
    else joined.push({ first, last });
  }
  return joined;
}

/** Ranges as JSON text: pairs of decimal texts, such as `[["3","5"],["9","9"]]`. */
export function encodeRanges(ranges: readonly IdRange[]): string {
  return JSON.stringify(ranges.map(({ first, last }) => [first.toString(), last.toString()]));
}

/** Reads what {@link encodeRanges} has written. */
export function decodeRanges(text: string): IdRange[] {
  return (JSON.parse(text) as [string, string][]).map(([first, last]) => ({
    first: BigInt(first),
    last: BigInt(last),
  }));
}
