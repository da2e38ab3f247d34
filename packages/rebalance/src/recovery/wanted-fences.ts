import { type EpochRange, type FenceState, lowestNumberAt, NUMBERS_END } from '@ordershard/shard-router';
import { CLAIMING } from '../ownership/claim.ts';
import type { OwnedCell } from '../ownership/prove-owners.ts';

/** The fields of a restored shard's fence that matter here. */
interface Ranged {
  readonly from: bigint;
  readonly to: bigint;
  readonly state: FenceState;
}

/** A fence as a shard is to have it. */
export interface WantedFence<Row> {
  readonly from: bigint;
  readonly to: bigint;
  readonly state: FenceState;
  /** The owner where that is another shard. */
  readonly nextOwner: number | null;
  /** The fences that the shard has for it: several where epochs were closed since; none where epochs were opened. */
  readonly was: readonly Row[];
}

/**
 * The fences of a bucket's numbers that a shard is to have: each range by its owner, cut where epochs begin and where single
 * numbers have ranges of their own.
 *
 * @param rows what the shard has of the bucket
 * @param owned the bucket's cells of numbers, each with its owner, from the first number to the last
 */
export function wantedNumbers<Row extends Ranged>(
  shard: number,
  rows: readonly Row[],
  owned: readonly OwnedCell[],
  epochs: readonly EpochRange[],
): readonly WantedFence<Row>[] {
  const singles = rows.filter(isSingle);
  const ends = [
    0n,
    NUMBERS_END,
    ...[...epochs, ...owned, ...singles].flatMap(({ from, to }) => [from, to]),
  ].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const cuts = ends.filter((end, index) => end !== ends[index - 1]);
  return cuts.slice(0, -1).map((from, index): WantedFence<Row> => {
    const to = cuts[index + 1]!;
    const { shard: owner } = owned.find((cell) => cell.from <= from && to <= cell.to)!;
    const was = rows.filter((row) => row.from < to && from < row.to);
    const single = was.find(isSingle);
    // A single number that another shard says it has given to this shard has outlived its day.
    const isCarried = isSingle({ from, to }) && (single === undefined || single.state === 'carried');
    return owner === shard
      ? { from, to, state: isCarried ? 'carried' : 'owned', nextOwner: null, was }
      : { from, to, state: 'moved', nextOwner: owner, was };
  });
}

/**
 * The fence that a shard is to have of a bucket's keys in an epoch. Those of an epoch that is over take no new ones.
 *
 * @param was what the shard has
 * @param nowMs the time, milliseconds
 */
export function wantedKeys(
  shard: number,
  was: { readonly state: FenceState } | undefined,
  owner: number,
  { to }: Pick<EpochRange, 'to'>,
  nowMs: number,
): { readonly state: FenceState; readonly nextOwner: number | null } {
  if (owner !== shard) return { state: 'moved', nextOwner: owner };
  const isOver = to <= lowestNumberAt(nowMs);
  return { state: was?.state === 'sealed' || isOver ? 'sealed' : 'owned', nextOwner: null };
}

/** Returns whether a shard's fence names another owner than it should. */
export function isOther(
  was: { readonly state: FenceState; readonly next: number | null } | undefined,
  wanted: Pick<WantedFence<never>, 'state' | 'nextOwner'>,
): boolean {
  if (was === undefined) return true;
  const [isMine, wasMine] = [CLAIMING.includes(wanted.state), CLAIMING.includes(was.state)];
  return isMine !== wasMine || (!isMine && was.next !== wanted.nextOwner);
}

function isSingle({ from, to }: { readonly from: bigint; readonly to: bigint }): boolean {
  return to === from + 1n;
}
