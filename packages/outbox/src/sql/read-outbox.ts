import { idConditions } from './id-conditions.ts';
import { outboxColumns, type OutboxRow, type RawOutboxRow, toOutboxRow } from './outbox-row.ts';
import type { ShardSession } from '@ordershard/shard-router';
import type { IdRange } from '../relay/progress/id-range.ts';

/** Which ids a read looks at. */
export interface ReadRange {
  readonly gaps: readonly IdRange[];
  /** Everything above this id. */
  readonly above: bigint;
}

/**
 * Returns the committed rows of some ranges with the lowest ids, `limit` at the most, in the order of their ids.
 *
 * One statement, and so one snapshot, reads gaps and new rows together. If the gaps were read first, a late row and then the
 * next row of its order could be committed before the second read, and the later event would be published first. Takes no
 * locks. Ranges of the primary key in its order, merged over the partitions, without a sort.
 */
export async function readOutbox(
  session: ShardSession,
  table: string,
  { gaps, above }: ReadRange,
  limit: number,
): Promise<OutboxRow[]> {
  const { sql, values } = idConditions(gaps);
  const rows = await session.query<RawOutboxRow>(
    `SELECT ${outboxColumns()}
       FROM ${table} FORCE INDEX (PRIMARY)
      WHERE ${[...sql, 'id > ?'].join(' OR ')}
      ORDER BY id LIMIT ?`,
    [...values, above, limit],
  );
  return rows.map(toOutboxRow);
}
