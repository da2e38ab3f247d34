import type { ShardSession, SqlValue } from '@ordershard/shard-router';

/** A parked row, as an operator sees it. */
export interface ParkedRow {
  readonly table: string;
  readonly id: string;
  readonly order: string;
  readonly eventId: string;
  /** Why Kafka refused it; null for a row that waits behind a refused one. */
  readonly reason: string | null;
  readonly state: 'parked' | 'released' | 'discarded';
  readonly attempts: number;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly parkedAt: string;
}

/** Selects parked rows: those of an order, or one event; without either, all. */
export interface ParkedFilter {
  readonly order?: string | undefined;
  readonly event?: string | undefined;
}

/** The conditions of a filter. */
export function parkedWhere({ order, event }: ParkedFilter): { sql: string; values: SqlValue[] } {
  const conditions = ['TRUE'];
  const values: SqlValue[] = [];
  if (order !== undefined) {
    conditions.push('aggregateid = ?');
    values.push(order);
  }
  if (event !== undefined) {
    conditions.push('event_id = ?');
    values.push(event);
  }
  return { sql: conditions.join(' AND '), values };
}

/**
 * Lists the parked rows of a shard, `limit` at the most, with the rows of an order together; with `discarded`, also the
 * discarded rows. Reads the whole table, which is small.
 */
export async function listParked(
  session: ShardSession,
  filter: ParkedFilter,
  { discarded, limit }: { readonly discarded: boolean; readonly limit: number },
): Promise<ParkedRow[]> {
  const { sql, values } = parkedWhere(filter);
  const rows = await session.query<RawParked>(
    `SELECT table_name, id, aggregateid, event_id, reason, state, attempts, parked_at
       FROM outbox_parked WHERE ${sql} AND (state <> 'discarded' OR ?) ORDER BY table_name, aggregateid, id LIMIT ?`,
    [...values, discarded, limit],
  );
  return rows.map((row) => ({
    table: row.table_name,
    id: row.id,
    order: row.aggregateid,
    eventId: row.event_id,
    reason: row.reason,
    state: row.state,
    attempts: row.attempts,
    parkedAt: row.parked_at,
  }));
}

interface RawParked {
  readonly table_name: string;
  readonly id: string;
  readonly aggregateid: string;
  readonly event_id: string;
  readonly reason: string | null;
  readonly state: ParkedRow['state'];
  readonly attempts: number;
  readonly parked_at: string;
}
