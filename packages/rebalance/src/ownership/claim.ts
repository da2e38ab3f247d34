import type { FenceState } from '@ordershard/shard-router';
import type { MoveKind } from '../move/move-plan.ts';

/**
 * To whom a shard gives a cell up: a number is the shard that the cell is promised to, once that shard claims it; `any` is
 * any other shard that claims it; undefined is nobody.
 */
export type Yields = number | 'any' | undefined;

/**
 * What a shard claims of a bucket, from `from` up to, but not with, `to`. Of numbers: a range. Of keys: the generation
 * `from`. Of texts: the only cell of a bucket, 0.
 */
export interface ClaimedCell {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly from: bigint;
  readonly to: bigint;
  /** Of keys: the first of the numbers that they are written with. */
  readonly begins?: bigint;
  readonly yields?: Yields;
}

/** A single number that a shard has given to another, as retention does with those that outlive their day. */
export interface HandedNumber {
  readonly bucket: number;
  readonly number: bigint;
  readonly to: number;
}

/** What a shard owns by its fences. */
export interface Claim {
  readonly shard: number;
  readonly cells: readonly ClaimedCell[];
  readonly handed: readonly HandedNumber[];
}

/** A fence as far as it says who owns what. Numbers as decimal text. */
export interface ClaimingFence {
  readonly kind: MoveKind;
  readonly bucket: number;
  /** The first number of the range, the generation, or 0. */
  readonly at: string;
  /** The first number after the range; of keys and texts anything. */
  readonly to: string;
  readonly range_from: string;
  readonly state: FenceState;
  readonly next_owner: number | null;
  readonly readable_from: string;
}

/** States of a fence whose shard owns the cell, or owned it until another shard says that it owns the cell. */
export const CLAIMING: readonly FenceState[] = ['owned', 'capturing', 'frozen', 'carried', 'sealed'];

/** Returns what the fences of a shard claim. Joins adjacent ranges that are alike. */
export function claimOf(shard: number, fences: readonly ClaimingFence[]): Claim {
  const cells = fences.filter(({ state }) => CLAIMING.includes(state)).map((fence) => cellOf(shard, fence));
  const handed = fences
    .filter(({ state, next_owner: next }) => state === 'moved' && next !== null)
    .map(({ bucket, at, next_owner: next }) => ({ bucket, number: BigInt(at), to: next! }));
  return { shard, cells: merged(cells), handed };
}

function cellOf(shard: number, fence: ClaimingFence): ClaimedCell {
  const { kind, bucket, state, next_owner: next } = fence;
  const from = kind === 'texts' ? 0n : BigInt(fence.at);
  const to = kind === 'numbers' ? BigInt(fence.to) : from + 1n;
  const cell = { kind, bucket, from, to, ...(kind === 'keys' ? { begins: BigInt(fence.range_from) } : {}) };
  // A range past its retention can be neither read nor written; each shard closes it with its epoch.
  if (kind === 'numbers' && state === 'owned' && BigInt(fence.readable_from) >= to)
    return { ...cell, yields: 'any' };
  // Either the fence of a move's source, frozen for the switch, or a range that is promised to its owner in a coming epoch.
  const promised = (state === 'frozen' || state === 'owned') && next !== null && next !== shard;
  return promised ? { ...cell, yields: next } : cell;
}

function merged(cells: readonly ClaimedCell[]): readonly ClaimedCell[] {
  const all: ClaimedCell[] = [];
  for (const cell of cells.toSorted(byPlace)) {
    const last = all.at(-1);
    const adjoins =
      cell.kind === 'numbers' &&
      last?.kind === 'numbers' &&
      last.bucket === cell.bucket &&
      last.to === cell.from &&
      last.yields === cell.yields;
    if (adjoins) all[all.length - 1] = { ...last, to: cell.to };
    else all.push(cell);
  }
  return all;
}

/** The order of cells: kind, bucket, beginning. */
export function byPlace(
  a: Pick<ClaimedCell, 'kind' | 'bucket' | 'from'>,
  b: Pick<ClaimedCell, 'kind' | 'bucket' | 'from'>,
): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.bucket !== b.bucket) return a.bucket - b.bucket;
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0;
}
