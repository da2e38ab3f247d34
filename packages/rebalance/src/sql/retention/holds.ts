import type { ShardSession } from '@ordershard/shard-router';

/** A row of retention_holds. */
export interface HoldRow {
  /** Decimal text. */
  readonly number: string;
  readonly reason: string;
  readonly held_by: string;
  /** DATETIME text in UTC. */
  readonly held_at: string;
}

/** The holds of a shard, by number. No lock. */
export async function listHolds(session: ShardSession): Promise<HoldRow[]> {
  return session.query<HoldRow>(
    'SELECT number, reason, held_by, held_at FROM retention_holds ORDER BY number',
  );
}

/** The hold of a number. Locks its row, by primary key, if there is one. */
export async function lockHold(session: ShardSession, number: bigint): Promise<HoldRow | undefined> {
  const [row] = await session.query<HoldRow>(
    'SELECT number, reason, held_by, held_at FROM retention_holds WHERE number = ? FOR UPDATE',
    [number],
  );
  return row;
}

/** Holds a number; one that is held gets the newer owner, reason and time. Locks its row. */
export async function insertHold(
  session: ShardSession,
  number: bigint,
  bucket: number,
  reason: string,
  by: string,
): Promise<void> {
  await session.execute(
    `INSERT INTO retention_holds (number, bucket, reason, held_by, held_at) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE reason = ?, held_by = ?, held_at = UTC_TIMESTAMP(3)`,
    [number, bucket, reason, by, reason, by],
  );
}

/** Takes a hold away, by primary key, and gives how many there were. */
export async function deleteHold(session: ShardSession, number: bigint): Promise<number> {
  return (await session.execute('DELETE FROM retention_holds WHERE number = ?', [number])).affectedRows;
}
