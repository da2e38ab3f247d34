import type { Position } from './columns.ts';

/** A row of a page, with its place in the order. */
export interface PlacedRow {
  readonly row: Readonly<Record<string, unknown>>;
  readonly position: Position;
}

/** The next rows of a shard in the order. */
export interface Page {
  readonly rows: readonly PlacedRow[];
  readonly cover: Cover;
}

/** Reads the rows of a shard that come after a position: at most `limit`, fewer only when there are no more. */
export type ReadPage = (shard: number, after: Position | undefined, limit: number) => Promise<Page>;

/**
 * The fences that a page was read under, in the same snapshot, as sums over the fences under which the shard's rows may be
 * read. Sums of lengths do not depend on how epochs cut the numbers.
 */
export interface Cover {
  /** Buckets of the cluster, as far as the shard knows. */
  readonly buckets: number;
  /** How many numbers the readable fences hold, over all buckets. */
  readonly readable: bigint;
  /** The same, each bucket's numbers times {@link bucketWeight}. */
  readonly weighed: bigint;
}
