import type { ShardSession } from '@ordershard/shard-router';

/** An order that has parked rows. */
export interface HeldKey {
  readonly key: string;
  /** Whether its first rows may go: operators have released them, or no row before them is still refused. */
  readonly mayGo: boolean;
}

/** Lists the orders that have parked rows of an outbox table. By index. */
export async function listHeldKeys(session: ShardSession, table: string): Promise<HeldKey[]> {
  const rows = await session.query<{ aggregateid: string; may_go: string }>(
    `SELECT aggregateid,
            CAST(MIN(id) < COALESCE(MIN(IF(state = 'parked' AND reason IS NOT NULL, id, NULL)), ~0) AS CHAR) AS may_go
       FROM outbox_parked WHERE table_name = ? AND state <> 'discarded'
      GROUP BY aggregateid`,
    [table],
  );
  return rows.map(({ aggregateid, may_go }) => ({ key: aggregateid, mayGo: may_go === '1' }));
}
