import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';

/** What makes a database a shard, and what it knows as one; the identity last. */
const OF_A_SHARD = [
  'bucket_fences',
  'key_fences',
  'text_fences',
  'worker_leases',
  'dirty_numbers',
  'dirty_texts',
  'bucket_moves',
  'retention_days',
  'epoch_openings',
  'shard_seals',
  'shard_beats',
  'shard_maps',
  'shard_identity',
] as const;

/** Whether a shard keeps entries of a directory of keys. By primary key. */
export async function hasDirectory(session: ShardSession): Promise<boolean> {
  return (await session.query('SELECT 1 AS found FROM directory_entries LIMIT 1')).length > 0;
}

/** Gives a database up as a shard: deletes all rows of the tables that make it one. In a transaction. */
export async function retireShard(session: ShardSession): Promise<void> {
  for (const table of OF_A_SHARD) await session.execute(`DELETE FROM ${table}`);
}

const EVENTS = 5_000;

/** Deletes all events of an outbox table, some thousand in a transaction. */
export async function deleteEvents(session: ShardSession, table: string): Promise<void> {
  await session.execute('SET @ordershard_bucket = -1');
  for (;;) {
    const { affectedRows } = await session.execute(`DELETE FROM ${identifier(table)} LIMIT ${EVENTS}`);
    if (affectedRows < EVENTS) return;
  }
}
