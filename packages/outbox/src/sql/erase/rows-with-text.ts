import type { ShardSession } from '@ordershard/shard-router';

/** A row whose payload has a text. */
export interface RowWithText {
  readonly id: bigint;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly payload: string;
}

/** The lowest and the highest id of a table; 0 of an empty one. Both ends of the primary key of each day, no locks. */
export async function readIdEnds(
  session: ShardSession,
  table: string,
): Promise<{ readonly first: bigint; readonly last: bigint }> {
  const [row] = await session.query<{ first: string; last: string }>(
    `SELECT CAST(COALESCE(MIN(id), 0) AS CHAR) AS first, CAST(COALESCE(MAX(id), 0) AS CHAR) AS last FROM ${table}`,
  );
  return { first: BigInt(row!.first), last: BigInt(row!.last) };
}

/**
 * The rows with ids above `after`, up to `upTo`, whose payload has a text. A range of the primary key in each day's
 * partition, no locks; each payload of it is looked through.
 */
export async function selectRowsWithText(
  session: ShardSession,
  table: string,
  text: string,
  after: bigint,
  upTo: bigint,
): Promise<RowWithText[]> {
  const rows = await session.query<{ id: string; day: string; payload: string }>(
    `SELECT CAST(id AS CHAR) AS id, CAST(day AS CHAR) AS day, payload
       FROM ${table} FORCE INDEX (PRIMARY)
      WHERE id > ? AND id <= ? AND INSTR(payload, ?) > 0
      ORDER BY id`,
    [after, upTo, text],
  );
  return rows.map((row) => ({ ...row, id: BigInt(row.id) }));
}
