import type { ShardSession } from '@ordershard/shard-router';
import type { IdRange } from '../relay/progress/id-range.ts';
import { idConditions } from './id-conditions.ts';

/** Ids of a table that are read at the most. */
const MAX_IDS = 100_000;

/** The ids in some ranges for which an outbox table has rows, committed or not. */
export interface IdsInTable {
  /** In ascending order. */
  readonly ids: readonly bigint[];
  /** How long an INSERT that has taken an id may wait for a lock before it writes its row, in milliseconds. */
  readonly insertWaitMs: number;
}

/**
 * Reads for which ids in some ranges a table has rows, including rows of transactions that have not ended. Needs only the
 * SELECT privilege, and nothing that other sessions do can hide a row from it. Undefined when there are too many. Takes no
 * locks. Ranges of the primary key.
 */
export async function readUncommittedIds(
  session: ShardSession,
  table: string,
  ranges: readonly IdRange[],
): Promise<IdsInTable | undefined> {
  const { sql, values } = idConditions(ranges);
  // Applies only to the next transaction.
  await session.execute('SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED');
  await session.execute('START TRANSACTION READ ONLY');
  try {
    const rows = await session.query<{ id: string }>(
      `SELECT id FROM ${table} FORCE INDEX (PRIMARY) WHERE ${sql.join(' OR ')} ORDER BY id LIMIT ${MAX_IDS}`,
      values,
    );
    const [wait] = await session.query<{ seconds: string }>(
      'SELECT CAST(@@GLOBAL.innodb_lock_wait_timeout AS CHAR) AS seconds',
    );
    if (rows.length === MAX_IDS) return undefined;
    return { ids: rows.map(({ id }) => BigInt(id)), insertWaitMs: Number(wait!.seconds) * 1_000 };
  } finally {
    await session.execute('ROLLBACK');
  }
}
