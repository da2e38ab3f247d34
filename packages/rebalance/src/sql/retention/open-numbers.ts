import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';

/** A number with its bucket. */
export interface NumberRow {
  /** Decimal text. */
  readonly number: string;
  readonly bucket: number;
}

/**
 * The numbers of a partition, or table, that are not final or are held: at most `limit`, lowest first. Reads the whole
 * partition and nothing else, without a lock.
 */
export async function selectOpenNumbers(
  session: ShardSession,
  from: string,
  finalWhen: string,
  limit: number,
): Promise<NumberRow[]> {
  return session.query<NumberRow>(
    `SELECT number, bucket FROM ${from} AS root
      WHERE (${finalWhen}) IS NOT TRUE OR number IN (SELECT number FROM retention_holds)
      ORDER BY number LIMIT ?`,
    [limit],
  );
}

/** The numbers of a table that are final and not held: at most `limit`, above `after`, lowest first. No lock. */
export async function selectEndedNumbers(
  session: ShardSession,
  table: string,
  finalWhen: string,
  after: bigint,
  limit: number,
): Promise<NumberRow[]> {
  return session.query<NumberRow>(
    `SELECT number, bucket FROM ${identifier(table)} AS root
      WHERE number > ? AND (${finalWhen}) IS TRUE AND number NOT IN (SELECT number FROM retention_holds)
      ORDER BY number LIMIT ?`,
    [after, limit],
  );
}

/** Counts the rows of a table or partition. */
export async function countRows(session: ShardSession, from: string): Promise<bigint> {
  const [row] = await session.query<{ n: string }>(`SELECT CAST(COUNT(*) AS CHAR) AS n FROM ${from}`);
  return BigInt(row!.n);
}
