import type { ShardSession } from '@ordershard/shard-router';

export interface StoredProgress {
  readonly token: bigint;
  readonly settledId: bigint;
  /** Ranges as JSON text. */
  readonly gaps: string;
}

/** A table's token and progress, if `holder` has its lease. A read by primary key, no locks. */
export async function readRelay(
  session: ShardSession,
  table: string,
  holder: string,
): Promise<StoredProgress | undefined> {
  const [row] = await session.query<{ token: string; settled_id: string; gaps: string }>(
    'SELECT token, settled_id, gaps FROM outbox_relays WHERE table_name = ? AND holder = ?',
    [table, holder],
  );
  return row && { token: BigInt(row.token), settledId: BigInt(row.settled_id), gaps: row.gaps };
}
