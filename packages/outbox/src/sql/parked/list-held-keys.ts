import type { ShardSession } from '@ordershard/shard-router';

/** The orders of which rows of an outbox table are parked, and whether an operator has released them. By index. */
export async function listHeldKeys(
  session: ShardSession,
  table: string,
): Promise<{ readonly key: string; readonly released: boolean }[]> {
  const rows = await session.query<{ aggregateid: string; parked: string }>(
    `SELECT aggregateid, CAST(SUM(state = 'parked') AS CHAR) AS parked
       FROM outbox_parked WHERE table_name = ? AND state <> 'discarded'
      GROUP BY aggregateid`,
    [table],
  );
  return rows.map(({ aggregateid, parked }) => ({ key: aggregateid, released: parked === '0' }));
}
