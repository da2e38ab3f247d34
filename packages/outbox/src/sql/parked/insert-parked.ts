import type { ShardSession } from '@ordershard/shard-router';

/**
 * Parks rows of an outbox table: with a `reason` if Kafka refused them, without it if they wait behind refused ones. A row
 * that is parked already is parked again. Locks the rows of `outbox_parked` that it writes; reads the table by primary key.
 */
export async function insertParked(
  session: ShardSession,
  table: string,
  ids: readonly bigint[],
  reason: string | undefined,
): Promise<void> {
  await session.execute(
    `INSERT INTO outbox_parked (table_name, id, aggregateid, event_id, bucket, reason, state, attempts, parked_at)
     SELECT ?, id, aggregateid, event_id, bucket, ?, 'parked', ?, UTC_TIMESTAMP(3)
       FROM ${table} FORCE INDEX (PRIMARY)
      WHERE id IN (${ids.map(() => '?').join(', ')})
     ON DUPLICATE KEY UPDATE reason = VALUES(reason), state = 'parked', attempts = attempts + VALUES(attempts)`,
    [table, reason?.slice(0, 1_000) ?? null, reason === undefined ? 0 : 1, ...ids],
  );
}
