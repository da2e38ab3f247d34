import type { ShardSession } from '@ordershard/shard-router';

/** Who publishes a table, and how far the embedded relay has published it. */
export interface EngineRow {
  readonly table: string;
  readonly engine: 'embedded' | 'connect';
  readonly connector: string | null;
  /** JSON text of the step of a way back to the embedded relay; null when none is in progress. */
  readonly handback: string | null;
  readonly holder: string;
  /** Whether the holder's lease runs, by the database's clock. */
  readonly held: boolean;
  readonly settledId: bigint;
  /** Ranges as JSON text. */
  readonly gaps: string;
}

interface RawRow {
  readonly table_name: string;
  readonly engine: 'embedded' | 'connect';
  readonly connector: string | null;
  readonly handback: string | null;
  readonly holder: string;
  readonly held: string | number;
  readonly settled_id: string;
  readonly gaps: string;
}

/** All tables of this shard with their engines. Reads the whole small table, no locks. */
export async function readEngines(session: ShardSession): Promise<EngineRow[]> {
  const rows = await session.query<RawRow>(
    `SELECT table_name, engine, connector, handback, holder, leased_until > UTC_TIMESTAMP(3) AS held, settled_id, gaps
       FROM outbox_relays ORDER BY table_name`,
  );
  return rows.map((row) => ({
    table: row.table_name,
    engine: row.engine,
    connector: row.connector,
    handback: row.handback,
    holder: row.holder,
    held: Number(row.held) === 1,
    settledId: BigInt(row.settled_id),
    gaps: row.gaps,
  }));
}
