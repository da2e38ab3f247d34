import { boundTo, type BucketMove, type MoveKind, type MovePlan } from '../move/move-plan.ts';
import { countByOwner, phasesOf } from '../move/phases.ts';
import {
  afterMoves,
  balance,
  type HeldBucket,
  imbalance,
  leastMoves,
  type WeightedShard,
} from './balance.ts';
import type { Holding, Holdings } from './holdings.ts';

/** What a plan is made from, besides what lies where. */
export interface PlanWishes {
  /** A UUID for the plan. */
  readonly id: string;
  /** Every shard that may hold buckets; with weight 0 one that is to be emptied. */
  readonly shards: readonly WeightedShard[];
  /** Rows a second that are copied, and buckets at once: for the expected time. */
  readonly rowsPerSecond: number;
  readonly parallel: number;
}

/** What goes from one shard to another. */
export interface Flow {
  readonly kind: MoveKind;
  readonly from: number;
  readonly to: number;
  readonly buckets: number;
  readonly rows: number;
  readonly bytes: number;
}

/** A plan with what it costs and what it brings. */
export interface PlannedMoves {
  readonly plan: MovePlan;
  readonly flows: readonly Flow[];
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  /** The fewest moves of number buckets that would even them out. */
  readonly least: number;
  /** How far the shard that is farthest from its share of the rows is from it: now, and after the moves. */
  readonly imbalance: { readonly before: number; readonly after: number };
  /** Bytes that each shard gets. */
  readonly incoming: ReadonlyMap<number, number>;
}

/** What a bucket's switch takes besides copying, in seconds: seen in the bench of moves. */
const SECONDS_A_BUCKET = 0.07;

/**
 * Decides which buckets move where: those of numbers, of keys and of texts each in proportion to the weights, as few as can
 * be. A pure function: the same holdings and wishes give the same plan.
 */
export function planMoves({ map, holdings, textTables = false }: Holdings, wishes: PlanWishes): PlannedMoves {
  const { shards } = wishes;
  const numbers = movesOf('numbers', holdings, shards);
  const keys = movesOf('keys', holdings, shards);
  // A shard that is emptied gives its buckets of texts away, also when nothing is in any.
  const emptied = new Set(shards.flatMap(({ id, weight }) => (weight === 0 ? [id] : [])));
  const texts = movesOf('texts', holdings, shards).filter(({ from }) => textTables || emptied.has(from));
  const current = heldOf('numbers', holdings);
  const moves = phasesOf(
    [...numbers, ...keys, ...texts],
    countByOwner(current.map(({ owner }) => owner)),
  ).flat();
  const sizes = new Map(holdings.map((each) => [keyOf(each.kind, each.bucket, each.shard), each]));
  const sized = moves.map((move) => ({ move, size: sizes.get(keyOf(move.kind, move.bucket, move.from))! }));
  const flows = flowsOf(sized);
  const rows = sum(sized, ({ size }) => size.rows);
  const incoming = new Map<number, number>();
  for (const { move, size } of sized) incoming.set(move.to, (incoming.get(move.to) ?? 0) + size.bytes);
  return {
    plan: { id: wishes.id, ...boundTo(map), moves },
    flows,
    rows,
    bytes: sum(sized, ({ size }) => size.bytes),
    seconds: rows / wishes.rowsPerSecond + (moves.length * SECONDS_A_BUCKET) / wishes.parallel,
    least: leastMoves(current, shards),
    imbalance: {
      before: imbalance(current, shards),
      after: imbalance(
        afterMoves(
          current,
          numbers.map(({ bucket, from, to }) => ({ bucket, from, to, rows: 0 })),
        ),
        shards,
      ),
    },
    incoming,
  };
}

function movesOf(
  kind: MoveKind,
  holdings: readonly Holding[],
  shards: readonly WeightedShard[],
): readonly BucketMove[] {
  const moves: BucketMove[] = balance(heldOf(kind, holdings), shards).map(({ bucket, from, to }) => ({
    kind,
    bucket,
    from,
    to,
  }));
  // Of a shard that is emptied, what it holds of older epochs goes to the bucket's owner of today. A bucket moves once
  // in a plan: what is left goes in the next.
  const ownerNow = new Map(
    holdings.filter((each) => each.kind === kind && each.current).map(({ bucket, shard }) => [bucket, shard]),
  );
  const moving = new Set(moves.map(({ bucket }) => bucket));
  const weights = new Map(shards.map(({ id, weight }) => [id, weight]));
  for (const each of holdings) {
    if (each.kind !== kind || each.current || moving.has(each.bucket)) continue;
    const to = ownerNow.get(each.bucket);
    if ((weights.get(each.shard) ?? 0) > 0 || to === undefined || to === each.shard) continue;
    moving.add(each.bucket);
    moves.push({ kind, bucket: each.bucket, from: each.shard, to });
  }
  return moves;
}

function heldOf(kind: MoveKind, holdings: readonly Holding[]): readonly HeldBucket[] {
  return holdings
    .filter((each) => each.kind === kind && each.current)
    .map(({ bucket, shard, counted }) => ({ bucket, owner: shard, rows: counted }));
}

function flowsOf(sized: readonly { readonly move: BucketMove; readonly size: Holding }[]): readonly Flow[] {
  const flows = new Map<string, Flow>();
  for (const { move, size } of sized) {
    const key = `${move.kind} ${move.from} ${move.to}`;
    const before = flows.get(key) ?? { ...move, buckets: 0, rows: 0, bytes: 0 };
    flows.set(key, {
      kind: move.kind,
      from: move.from,
      to: move.to,
      buckets: before.buckets + 1,
      rows: before.rows + size.rows,
      bytes: before.bytes + size.bytes,
    });
  }
  return [...flows.values()].toSorted(
    (a, b) => b.kind.localeCompare(a.kind) || a.from - b.from || a.to - b.to,
  );
}

const keyOf = (kind: MoveKind, bucket: number, shard: number) => `${kind} ${bucket} ${shard}`;

function sum<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((total, each) => total + of(each), 0);
}
