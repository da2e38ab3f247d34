import type { MovingCell } from '../sql/move/books.ts';
import type { FenceCell, NumbersFence } from '../sql/move/fences.ts';

/** A change that cuts the fences of a bucket's numbers in another way. */
export interface Cut {
  /** Fences that go, as they are. */
  readonly remove: readonly NumbersFence[];
  /** Fences that come in their place. */
  readonly insert: readonly NumbersFence[];
}

/** Returns the fences that share a number with the cell, or have the same generation of keys. */
export function overlapping<Fence extends Pick<FenceCell, 'at' | 'to'>>(
  fences: readonly Fence[],
  { at, to }: Pick<MovingCell, 'at' | 'to'>,
): readonly Fence[] {
  return fences.filter(
    (fence) => fence.at === at || (BigInt(fence.at) < BigInt(to) && BigInt(at) < BigInt(fence.to)),
  );
}

/**
 * Cuts the target's fences so that each coming cell has a fence of its own, which expects it from `source`. The shards may
 * have cut the ranges of a bucket differently, since numbers that outlive their day get ranges of their own. The rest of a
 * cut fence keeps its state.
 */
export function cutFences(
  fences: readonly NumbersFence[],
  cells: readonly MovingCell[],
  source: number,
): Cut {
  const remove = fences.filter((fence) => cells.some((cell) => overlapping([fence], cell).length > 0));
  const generation = Math.max(0, ...remove.map((fence) => fence.generation)) + 1;
  const expected = cells.map(({ at, to }): NumbersFence => ({
    at,
    to,
    state: 'importing',
    generation,
    next_owner: source,
    writable_from: '0',
    readable_from: '0',
  }));
  const rest = remove.flatMap((fence) => without(fence, cells));
  return { remove, insert: [...rest, ...expected] };
}

/** Returns what is left of a fence's range without the cells. */
function without(fence: NumbersFence, cells: readonly MovingCell[]): NumbersFence[] {
  const left: NumbersFence[] = [];
  let from = BigInt(fence.at);
  const end = BigInt(fence.to);
  const taken = cells
    .filter((cell) => overlapping([fence], cell).length > 0)
    .map(({ at, to }) => ({ at: BigInt(at), to: BigInt(to) }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
  for (const { at, to } of taken) {
    if (at > from) left.push({ ...fence, at: String(from), to: String(at) });
    if (to > from) from = to;
  }
  if (from < end) left.push({ ...fence, at: String(from), to: String(end) });
  return left;
}
