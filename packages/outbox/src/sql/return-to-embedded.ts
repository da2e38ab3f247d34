import type { ShardSession } from '@ordershard/shard-router';

/**
 * Returns a table to the embedded relay, which begins above `settledId`, or where it left off when `settledId` is undefined.
 * False unless `handback` is the stored step. Locks the one row, by primary key.
 */
export async function returnToEmbedded(
  session: ShardSession,
  table: string,
  handback: string,
  settledId: bigint | undefined,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays
        SET engine = 'embedded', connector = NULL, handback = NULL, holder = '', token = token + 1,
            leased_until = '2000-01-01', settled_id = COALESCE(?, settled_id), gaps = IF(?, '[]', gaps)
      WHERE table_name = ? AND engine = 'connect' AND handback = ?`,
    [settledId ?? null, settledId !== undefined, table, handback],
  );
  return affectedRows === 1;
}
