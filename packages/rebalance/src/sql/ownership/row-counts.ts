import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';

/** Counts the rows of some buckets in a table, by an index that begins with the bucket where there is one; no lock. */
export async function countRowsOfBuckets(
  session: ShardSession,
  table: string,
  buckets: readonly number[],
  numbers?: { readonly from: bigint; readonly to: bigint },
): Promise<number> {
  const range = numbers === undefined ? '' : ' AND number >= ? AND number < ?';
  const [row] = await session.query<{ n: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n FROM ${identifier(table)}
      WHERE bucket IN (${buckets.map(() => '?').join(', ')})${range}`,
    [...buckets, ...(numbers === undefined ? [] : [numbers.from, numbers.to])],
  );
  return Number(row!.n);
}

/** Counts the rows of a table, `limit` at the most, by its primary key; no lock. */
export async function countRowsUpTo(session: ShardSession, table: string, limit: number): Promise<number> {
  const [row] = await session.query<{ n: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n FROM (SELECT 1 FROM ${identifier(table)} LIMIT ?) AS counted`,
    [limit],
  );
  return Number(row!.n);
}
