import type { ShardSession, SqlValue } from '@ordershard/shard-router';
import type { IdRange } from '../../relay/progress/id-range.ts';
import type { Selection } from '../../republish/selector.ts';
import { outboxColumns, type OutboxRow, type RawOutboxRow, toOutboxRow } from '../outbox-row.ts';

/** How far a table is published. Nothing else is published again, or an event could overtake itself. */
export interface Published {
  readonly settledId: bigint;
  readonly gaps: readonly IdRange[];
}

/** The size of a selection in one table. */
export interface SelectedCount {
  readonly events: number;
  /** Bytes of their data. */
  readonly bytes: number;
  /** Ids of the events with the lowest and the highest row id; null when there are none. */
  readonly first: string | null;
  readonly last: string | null;
  /** Events that are selected and not published yet, or parked: they are left out. */
  readonly unpublished: number;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** The rows that a selection means, published or not. Whole partitions drop out by `day`. */
function selected({ from, to, firstDay, lastDay, orders, events }: Selection): Condition {
  const parts: string[] = ['TRUE'];
  const values: SqlValue[] = [];
  const add = (sql: string, ...some: SqlValue[]) => {
    parts.push(sql);
    values.push(...some);
  };
  if (firstDay !== undefined) add('day >= ?', firstDay);
  if (lastDay !== undefined) add('day <= ?', lastDay);
  if (from !== undefined) add('occurred_at >= ?', from);
  if (to !== undefined) add('occurred_at < ?', to);
  if (orders.length > 0) add(`aggregateid IN (${marks(orders)})`, ...orders);
  if (events.length > 0) add(`event_id IN (${marks(events)})`, ...events);
  return { sql: parts.join(' AND '), values };
}

function published(table: string, { settledId, gaps }: Published): Condition {
  return {
    sql: [
      'id <= ?',
      ...gaps.map(() => 'id NOT BETWEEN ? AND ?'),
      // Discarded rows are left out as well: they were never published.
      'id NOT IN (SELECT id FROM outbox_parked WHERE table_name = ?)',
    ].join(' AND '),
    values: [settledId, ...gaps.flatMap(({ first, last }) => [first, last]), table],
  };
}

/** Counts the selected rows of a table. Reads the partitions of the selection's days, no locks. */
export async function countSelected(
  session: ShardSession,
  table: string,
  selection: Selection,
  progress: Published,
): Promise<SelectedCount> {
  const which = selected(selection);
  const there = published(table, progress);
  const [row] = await session.query<Record<string, string | null>>(
    `SELECT CAST(COUNT(*) AS CHAR) AS selected, CAST(COALESCE(SUM(there), 0) AS CHAR) AS events,
            CAST(COALESCE(SUM(IF(there, bytes, 0)), 0) AS CHAR) AS bytes,
            CAST(MIN(IF(there, id, NULL)) AS CHAR) AS first, CAST(MAX(IF(there, id, NULL)) AS CHAR) AS last
       FROM (SELECT id, LENGTH(payload) AS bytes, (${there.sql}) AS there
               FROM ${table} WHERE ${which.sql}) rows_of_it`,
    [...there.values, ...which.values],
  );
  const ends = [row!['first'], row!['last']].filter((id) => id != null);
  const names = await session.query<{ id: string; event_id: string }>(
    `SELECT id, event_id FROM ${table} WHERE id IN (${ends.length === 0 ? '0' : marks(ends)})`,
    ends,
  );
  const nameOf = (id: string | null | undefined) => names.find((one) => one.id === id)?.event_id ?? null;
  return {
    events: Number(row!['events']),
    bytes: Number(row!['bytes']),
    first: nameOf(row!['first']),
    last: nameOf(row!['last']),
    unpublished: Number(row!['selected']) - Number(row!['events']),
  };
}

/**
 * The next rows of a selection above an id, in the order of their ids. Ranges of the primary key in the partitions of the
 * selection's days, no locks.
 */
export async function readSelected(
  session: ShardSession,
  table: string,
  selection: Selection,
  progress: Published,
  above: bigint,
  limit: number,
): Promise<OutboxRow[]> {
  const which = selected(selection);
  const there = published(table, progress);
  const rows = await session.query<RawOutboxRow>(
    `SELECT ${outboxColumns()} FROM ${table} FORCE INDEX (PRIMARY)
      WHERE id > ? AND ${there.sql} AND ${which.sql}
      ORDER BY id LIMIT ?`,
    [above, ...there.values, ...which.values, limit],
  );
  return rows.map(toOutboxRow);
}

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');
