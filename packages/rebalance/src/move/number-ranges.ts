import type { NumberRange } from '../sql/move/rows.ts';

/** Merges ranges of numbers that touch or overlap. Returns them lowest first. */
export function mergedRanges(cells: readonly { readonly at: string; readonly to: string }[]): NumberRange[] {
  const sorted = cells
    .map(({ at, to }) => ({ from: BigInt(at), to: BigInt(to) }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const merged: { from: bigint; to: bigint }[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to) merged.push(range);
    else if (range.to > last.to) last.to = range.to;
  }
  return merged;
}

/** Cuts a list into pieces of `size` at the most. */
export function pieces<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
