import type { ShardSession } from '@ordershard/shard-router';

/** Counting ends here. */
export const MOST_COUNTED = 100_000;

/**
 * Counts the committed rows above an id, {@link MOST_COUNTED} at the most, and returns the age of the first one in seconds.
 * Reads a range of the primary key, no locks.
 */
export async function countUnsettled(
  session: ShardSession,
  table: string,
  settledId: bigint,
): Promise<{ readonly rows: number; readonly seconds: number }> {
  const [row] = await session.query<{ n: string; seconds: string | null }>(
    `SELECT COUNT(*) AS n, TIMESTAMPDIFF(SECOND, MIN(occurred_at), UTC_TIMESTAMP()) AS seconds
       FROM (SELECT occurred_at FROM ${table} WHERE id > ? ORDER BY id LIMIT ${MOST_COUNTED}) AS unsettled`,
    [settledId],
  );
  return { rows: Number(row?.n ?? 0), seconds: Math.max(0, Number(row?.seconds ?? 0)) };
}
