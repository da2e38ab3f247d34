import type { Connection, RowDataPacket } from 'mysql2/promise';
import { withPlain } from '../connect.ts';

/** Count and sum of the totals of some orders. */
export interface Totals {
  readonly orders: number;
  readonly amount: bigint;
}

/**
 * Counts the orders up to a number on the shards that own them, while buckets move. Each bucket is counted on a shard that
 * owned it when its rows were read. Such orders get no more, so the counts stay, whatever moves.
 */
export async function totalsUpTo(urls: readonly string[], number: bigint, buckets: number): Promise<Totals> {
  return withPlain(urls, async (connections) => {
    const seen = new Map<number, Totals>();
    while (seen.size < buckets) {
      for (const connection of connections)
        for (const [bucket, totals] of await ownTotals(connection, number)) seen.set(bucket, totals);
    }
    const all = [...seen.values()];
    return {
      orders: all.reduce((sum, { orders }) => sum + orders, 0),
      amount: all.reduce((sum, { amount }) => sum + amount, 0n),
    };
  });
}

/** Of each bucket that a shard owns, in one consistent read. */
async function ownTotals(connection: Connection, number: bigint): Promise<readonly [number, Totals][]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT f.bucket, COUNT(o.number) AS orders, COALESCE(SUM(o.total), 0) AS amount
       FROM bucket_fences f LEFT JOIN orders o ON o.bucket = f.bucket AND o.number <= ?
      WHERE f.state IN ('owned', 'capturing', 'frozen') GROUP BY f.bucket`,
    [number.toString()],
  );
  return rows.map((row) => [
    Number(row['bucket']),
    { orders: Number(row['orders']), amount: BigInt(row['amount'] as string) },
  ]);
}
