/** A bucket that a shard holds, with its size in rows. */
export interface HeldBucket {
  readonly bucket: number;
  readonly owner: number;
  readonly rows: number;
}

/** A shard that is to hold a part of the buckets, in proportion to its weight; with weight 0 none. */
export interface WeightedShard {
  readonly id: number;
  readonly weight: number;
}

export interface PlannedMove {
  readonly bucket: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** Shards may be so far from their share of the rows. */
export const TOLERANCE = 0.03;
/** Moves beyond the least that evens out the buckets, to even out the rows too where buckets differ much. */
const EXTRA_MOVES = 2;

/**
 * The buckets that each shard should hold, of `count`: in proportion to the weights, and of all ways to round, one that
 * leaves the most where they are.
 */
export function targetCounts(
  count: number,
  shards: readonly WeightedShard[],
  held: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const total = shards.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('no shard has a weight above 0');
  const quotas = shards.map(({ id, weight }) => {
    const quota = (count * weight) / total;
    const least = Math.floor(quota + 1e-9);
    return { id, least, rest: quota - least, keeps: (held.get(id) ?? 0) > least };
  });
  let left = count - quotas.reduce((sum, { least }) => sum + least, 0);
  const counts = new Map(quotas.map(({ id, least }) => [id, least]));
  const inTurn = quotas
    .filter(({ rest }) => rest > 1e-9)
    .toSorted((a, b) => Number(b.keeps) - Number(a.keeps) || b.rest - a.rest || a.id - b.id);
  for (const { id } of inTurn) {
    if (left === 0) break;
    counts.set(id, counts.get(id)! + 1);
    left -= 1;
  }
  return counts;
}

/** The fewest moves that give each shard its part of the buckets. */
export function leastMoves(buckets: readonly HeldBucket[], shards: readonly WeightedShard[]): number {
  const held = countsOf(buckets);
  const targets = targetCounts(buckets.length, shards, held);
  return [...held].reduce((sum, [id, count]) => sum + Math.max(0, count - (targets.get(id) ?? 0)), 0);
}

/**
 * Which buckets move where, so that each shard holds its part of buckets and rows: as few as can be, and
 * {@link EXTRA_MOVES} more at the most. The same input gives the same moves.
 *
 * @param buckets each bucket once; an owner that is not among `shards` gives all away
 */
export function balance(
  buckets: readonly HeldBucket[],
  shards: readonly WeightedShard[],
): readonly PlannedMove[] {
  const held = countsOf(buckets);
  const targets = targetCounts(buckets.length, shards, held);
  const shares = shareOfRows(buckets, shards);
  const given = [...held.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((owner) => {
      const own = buckets.filter((bucket) => bucket.owner === owner);
      const surplus = own.length - (targets.get(owner) ?? 0);
      return surplus <= 0 ? [] : windowNear(own, surplus, sumOf(own) - (shares.get(owner) ?? 0));
    });
  const room = shards.map(({ id }) => {
    const rows = sumOf(buckets.filter(({ owner }) => owner === id));
    return { id, count: targets.get(id)! - (held.get(id) ?? 0), rows: shares.get(id)! - rows };
  });
  const moves: PlannedMove[] = [];
  // The largest first, each to where the most rows are wanted for each bucket that is wanted.
  for (const { bucket, owner, rows } of given.toSorted(bySize).toReversed()) {
    const [to] = room
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.rows / b.count - a.rows / a.count || a.id - b.id);
    to!.count -= 1;
    to!.rows -= rows;
    moves.push({ bucket, from: owner, to: to!.id, rows });
  }
  return extended(moves, buckets, shards, shares);
}

/** How far the shard that is farthest from its share of the rows is from it, as a part of the share. */
export function imbalance(buckets: readonly HeldBucket[], shards: readonly WeightedShard[]): number {
  const shares = shareOfRows(buckets, shards);
  return Math.max(0, ...deviations(buckets, shares).map(({ off, share }) => Math.abs(off) / share));
}

/** The buckets as they lie when the moves are made. */
export function afterMoves(
  buckets: readonly HeldBucket[],
  moves: readonly PlannedMove[],
): readonly HeldBucket[] {
  const owners = new Map(moves.map(({ bucket, to }) => [bucket, to]));
  return buckets.map((each) => ({ ...each, owner: owners.get(each.bucket) ?? each.owner }));
}

/** Adds single moves while a shard is too far from its share and a move brings it nearer. */
function extended(
  moves: readonly PlannedMove[],
  buckets: readonly HeldBucket[],
  shards: readonly WeightedShard[],
  shares: ReadonlyMap<number, number>,
): readonly PlannedMove[] {
  let all = moves;
  for (let extra = 0; extra < EXTRA_MOVES; extra += 1) {
    const now = afterMoves(buckets, all);
    const before = imbalance(now, shards);
    if (before <= TOLERANCE) return all;
    const sorted = deviations(now, shares).toSorted((a, b) => b.off - a.off || a.id - b.id);
    const [most, least] = [sorted[0]!, sorted.at(-1)!];
    const moved = new Set(all.map(({ bucket }) => bucket));
    const wanted = Math.min(most.off, -least.off);
    const [best] = now
      .filter(({ owner, bucket }) => owner === most.id && !moved.has(bucket))
      .toSorted((a, b) => Math.abs(a.rows - wanted) - Math.abs(b.rows - wanted) || a.bucket - b.bucket);
    if (best === undefined) return all;
    const next = [...all, { bucket: best.bucket, from: best.owner, to: least.id, rows: best.rows }];
    if (imbalance(afterMoves(buckets, next), shards) >= before) return all;
    all = next;
  }
  return all;
}

/** Of some buckets the `count` whose rows come nearest to `rows`: neighbours in the order of size. */
function windowNear(own: readonly HeldBucket[], count: number, rows: number): readonly HeldBucket[] {
  const sorted = own.toSorted(bySize);
  let sum = sumOf(sorted.slice(0, count));
  let best = { at: 0, off: Math.abs(sum - rows) };
  for (let at = 1; at + count <= sorted.length; at += 1) {
    sum += sorted[at + count - 1]!.rows - sorted[at - 1]!.rows;
    if (Math.abs(sum - rows) < best.off) best = { at, off: Math.abs(sum - rows) };
  }
  return sorted.slice(best.at, best.at + count);
}

function deviations(
  buckets: readonly HeldBucket[],
  shares: ReadonlyMap<number, number>,
): readonly { id: number; off: number; share: number }[] {
  return [...shares]
    .filter(([, share]) => share > 0)
    .map(([id, share]) => ({
      id,
      share,
      off: sumOf(buckets.filter(({ owner }) => owner === id)) - share,
    }));
}

function shareOfRows(
  buckets: readonly HeldBucket[],
  shards: readonly WeightedShard[],
): ReadonlyMap<number, number> {
  const total = shards.reduce((sum, { weight }) => sum + weight, 0);
  const rows = sumOf(buckets);
  return new Map(shards.map(({ id, weight }) => [id, (rows * weight) / total]));
}

function countsOf(buckets: readonly HeldBucket[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { owner } of buckets) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

const sumOf = (buckets: readonly HeldBucket[]) => buckets.reduce((sum, { rows }) => sum + rows, 0);
const bySize = (a: HeldBucket, b: HeldBucket) => a.rows - b.rows || a.bucket - b.bucket;
