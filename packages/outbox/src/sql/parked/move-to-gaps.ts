import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import { decodeRanges, encodeRanges, withIds } from '../../relay/progress/id-range.ts';

/** How many rows of some tables are parked or released. By primary key. */
export async function countParked(session: ShardSession, tables: readonly string[]): Promise<number> {
  const [row] = await session.query<{ n: string }>(
    `SELECT CAST(COUNT(*) AS CHAR) AS n FROM outbox_parked
      WHERE table_name IN (${tables.map(() => '?').join(', ')}) AND state <> 'discarded'`,
    tables,
  );
  return Number(row?.n ?? 0);
}

/**
 * Turns a table's parked rows into gaps: the next publisher of the table, Debezium's snapshot or an embedded relay, begins
 * with them. Returns how many there were. For a table that was given to Debezium and that Debezium does not publish yet: no
 * relay may hold its lease. One transaction; locks the table's row in outbox_relays and its parked rows, by primary key.
 */
export async function moveParkedToGaps(session: ShardSession, table: string): Promise<number> {
  return inTransaction(session, async () => {
    const [relay] = await session.query<{ settled_id: string; gaps: string }>(
      `SELECT settled_id, gaps FROM outbox_relays WHERE table_name = ? AND engine = 'connect' AND holder = '' FOR UPDATE`,
      [table],
    );
    if (relay === undefined) return 0;
    const parked = await session.query<{ id: string }>(
      `SELECT CAST(id AS CHAR) AS id FROM outbox_parked
        WHERE table_name = ? AND state <> 'discarded' ORDER BY outbox_parked.id FOR UPDATE`,
      [table],
    );
    if (parked.length === 0) return 0;
    const settledId = BigInt(relay.settled_id);
    const ids = parked.map(({ id }) => BigInt(id)).filter((id) => id <= settledId);
    await session.execute('UPDATE outbox_relays SET gaps = ? WHERE table_name = ?', [
      encodeRanges(withIds(decodeRanges(relay.gaps), ids)),
      table,
    ]);
    await session.execute(`DELETE FROM outbox_parked WHERE table_name = ? AND state <> 'discarded'`, [table]);
    return parked.length;
  });
}
