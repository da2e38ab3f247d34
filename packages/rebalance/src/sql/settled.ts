import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from './identifier.ts';

/** Ids from the first to the last, both with it. */
type IdRange = readonly [first: string, last: string];

/** How far the relay of an outbox table is. */
export interface RelayState {
  /** All ids up to here are published, but for the gaps. */
  readonly settledId: bigint;
  readonly gaps: readonly IdRange[];
  /** Who publishes it. How far Debezium is, the shard does not know. */
  readonly engine: 'embedded' | 'connect';
}

/** Reads how far the relay of an outbox table is, by primary key. A table that was never relayed has settled nothing. */
export async function readRelayState(session: ShardSession, table: string): Promise<RelayState> {
  const [row] = await session.query<{
    settled_id: string;
    gaps: string;
    engine: 'embedded' | 'connect';
  }>('SELECT settled_id, gaps, engine FROM outbox_relays WHERE table_name = ?', [table]);
  if (row === undefined) return { settledId: 0n, gaps: [], engine: 'embedded' };
  return {
    settledId: BigInt(row.settled_id),
    gaps: JSON.parse(row.gaps) as IdRange[],
    engine: row.engine,
  };
}

/** The condition on a row's id that it is not settled, with its values: above what is settled, in a gap, or parked. */
function unsettled(
  table: string,
  { settledId, gaps }: RelayState,
): { sql: string; values: (bigint | string)[] } {
  const inGaps = gaps.map(() => ' OR id BETWEEN ? AND ?').join('');
  return {
    sql: `(id > ?${inGaps} OR id IN (SELECT id FROM outbox_parked WHERE table_name = ? AND state <> 'discarded'))`,
    values: [settledId, ...gaps.flatMap(([first, last]) => [BigInt(first), BigInt(last)]), table],
  };
}

/**
 * Counts the rows of an outbox table, about numbers in [from, to), that its relay has not settled. Ranges of the primary
 * key: what was settled is not read. No lock.
 *
 * @param besides a table whose numbers do not count
 */
export async function countUnsettled(
  session: ShardSession,
  table: string,
  state: RelayState,
  from: bigint,
  to: bigint,
  besides?: string,
): Promise<bigint> {
  const { sql, values } = unsettled(table, state);
  const not =
    besides === undefined
      ? ''
      : ` AND CAST(aggregateid AS UNSIGNED) NOT IN (SELECT number FROM ${identifier(besides)})`;
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS count FROM ${identifier(table)}
      WHERE ${sql} AND CAST(aggregateid AS UNSIGNED) >= ? AND CAST(aggregateid AS UNSIGNED) < ?${not}`,
    [...values, from, to],
  );
  return BigInt(row!.count);
}

/** Counts the rows of a partition of an outbox table that its relay has not settled. No lock. */
export async function countUnsettledIn(
  session: ShardSession,
  table: string,
  partition: string,
  state: RelayState,
): Promise<bigint> {
  const { sql, values } = unsettled(table, state);
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS count FROM ${identifier(table)} PARTITION (${identifier(partition)}) WHERE ${sql}`,
    values,
  );
  return BigInt(row!.count);
}

/** Counts the rows of an outbox table that its relay has not settled. No lock. */
export async function countAllUnsettled(
  session: ShardSession,
  table: string,
  state: RelayState,
): Promise<bigint> {
  const { sql, values } = unsettled(table, state);
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS count FROM ${identifier(table)} WHERE ${sql}`,
    values,
  );
  return BigInt(row!.count);
}
