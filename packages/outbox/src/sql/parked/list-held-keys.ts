import type { ShardSession } from '@ordershard/shard-router';

/** An order of which rows are parked. */
export interface HeldKey {
  readonly key: string;
  /** Whether its first rows may go: operators have released them, or no row before them is refused any more. */
  readonly mayGo: boolean;
}

/** The orders of which rows of an outbox table are parked. By index. */
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
