import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface KeyRow extends RowDataPacket {
  readonly caller: string;
  readonly idempotency_key: string;
  readonly number: string;
}

/** The idempotency keys behind (caller, key), in that order. Range scan of the primary key, without locks. */
export async function selectKeys(
  connection: Connection,
  after: readonly [string, string],
  limit: number,
): Promise<KeyRow[]> {
  const [rows] = await connection.query<KeyRow[]>(
    `SELECT caller, idempotency_key, number
       FROM idempotency_keys
      WHERE caller > ? OR (caller = ? AND idempotency_key > ?)
      ORDER BY caller, idempotency_key LIMIT ?`,
    [after[0], after[0], after[1], limit],
  );
  return rows;
}
