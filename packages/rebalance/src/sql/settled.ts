import type { ShardSession } from '@ordershard/shard-router';

/**
 * Counts the rows of an outbox table, about numbers below `below`, that its relay has not settled; an outbox that was
 * never relayed has settled none. Reads the relay's row by primary key, then the table above the settled id.
 */
export async function countUnsettled(session: ShardSession, table: string, below: bigint): Promise<bigint> {
  const [row] = await session.query<{ count: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS count
       FROM \`${table}\`
      WHERE (id > COALESCE((SELECT settled_id FROM outbox_relays WHERE table_name = ?), 0)
             OR id IN (SELECT id FROM outbox_parked WHERE table_name = ? AND state <> 'discarded'))
        AND CAST(aggregateid AS UNSIGNED) < ?`,
    [table, table, below],
  );
  return BigInt(row!.count);
}

/** The highest id of an outbox partition, 0 where it is empty. */
export async function highestId(session: ShardSession, table: string, partition: string): Promise<bigint> {
  const [row] = await session.query<{ id: string }>(
    `SELECT CAST(COALESCE(MAX(id), 0) AS CHAR) AS id FROM \`${table}\` PARTITION (\`${partition}\`)`,
  );
  return BigInt(row!.id);
}

/** How far an outbox table is settled: the id up to which all is, but for open gaps or parked rows, and whether there are any. */
export async function settledUpTo(
  session: ShardSession,
  table: string,
): Promise<{ id: bigint; gaps: boolean }> {
  const [row] = await session.query<{ settled_id: string; gaps: string; parked: string }>(
    `SELECT settled_id, gaps,
            (SELECT CAST(COUNT(*) AS CHAR) FROM outbox_parked p
              WHERE p.table_name = r.table_name AND p.state <> 'discarded') AS parked
       FROM outbox_relays r WHERE table_name = ?`,
    [table],
  );
  if (row === undefined) return { id: 0n, gaps: true };
  return { id: BigInt(row.settled_id), gaps: row.gaps !== '[]' || row.parked !== '0' };
}
