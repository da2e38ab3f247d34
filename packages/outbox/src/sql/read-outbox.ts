import { outboxColumns, type OutboxRow, type RawOutboxRow, toOutboxRow } from './outbox-row.ts';
import type { ShardSession, SqlValue } from '@ordershard/shard-router';
import type { IdRange } from '../relay/progress/id-range.ts';

/** Which ids a read looks at. */
export interface ReadRange {
  readonly gaps: readonly IdRange[];
  /** Everything above this id; nothing above the gaps when it is not given. */
  readonly above: bigint | undefined;
}

/**
 * The committed rows of some ranges with the lowest ids, `limit` at the most, in the order of their ids.
 *
 * One statement, and so one snapshot, for gaps and news together: were the gaps read first, a late row and then its
 * order's next one could be committed before the second read, and the later event would be published first.
 * Takes no locks. Ranges of the primary key in its order, merged over the partitions, without a sort.
 */
export async function readOutbox(
  session: ShardSession,
  table: string,
  { gaps, above }: ReadRange,
  limit: number,
): Promise<OutboxRow[]> {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const { first, last } of gaps) {
    if (first === last) {
      conditions.push('id = ?');
      values.push(first);
    } else {
      conditions.push('id BETWEEN ? AND ?');
      values.push(first, last);
    }
  }
  if (above !== undefined) {
    conditions.push('id > ?');
    values.push(above);
  }
  if (conditions.length === 0) return [];
  const rows = await session.query<RawOutboxRow>(
    `SELECT ${outboxColumns()}
       FROM ${table} FORCE INDEX (PRIMARY)
      WHERE ${conditions.join(' OR ')}
      ORDER BY id LIMIT ?`,
    [...values, limit],
  );
  return rows.map(toOutboxRow);
}
