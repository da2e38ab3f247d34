import type { ShardSession } from '@ordershard/shard-router';

/** Which of an order's parked rows may be published, and whether any are parked at all. */
export interface Releasable {
  /** Rows below this id may go: it is the id of the first refused row. Undefined when no row is refused. */
  readonly below: bigint | undefined;
  readonly parked: boolean;
}

/**
 * Releases the rows of an order that no longer wait behind a refused row: those before the first refused one. Locks the rows
 * that it changes; by index.
 */
export async function releaseWaiting(session: ShardSession, table: string, key: string): Promise<Releasable> {
  const [row] = await session.query<{ n: string; refused: string | null }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n,
            CAST(MIN(IF(state = 'parked' AND reason IS NOT NULL, id, NULL)) AS CHAR) AS refused
       FROM outbox_parked WHERE table_name = ? AND aggregateid = ? AND state <> 'discarded'`,
    [table, key],
  );
  const below = row?.refused == null ? undefined : BigInt(row.refused);
  await session.execute(
    `UPDATE outbox_parked SET state = 'released'
      WHERE table_name = ? AND aggregateid = ? AND state = 'parked' AND reason IS NULL AND id < COALESCE(?, ~0)`,
    [table, key, below ?? null],
  );
  return { below, parked: Number(row?.n ?? 0) > 0 };
}
