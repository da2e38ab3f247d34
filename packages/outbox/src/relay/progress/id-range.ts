/** Ids from `first` to `last`, both with it. */
export interface IdRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Takes ids out of ranges, splitting those that they lie in. Both are in ascending order, and so is the result. */
export function withoutIds<R extends IdRange>(ranges: readonly R[], ids: readonly bigint[]): R[] {
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
    if (first <= range.last) rest.push({ ...range, first });
  }
  return rest;
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
