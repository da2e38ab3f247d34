import type { ShardSession } from '@ordershard/shard-router';
import type { MoveKind } from '../../move/move-plan.ts';

/** What a server is, and whether it takes writes. */
export interface ServerFacts {
  readonly version: string;
  readonly readOnly: boolean;
}

/** Reads a server's version and whether it is read only. No table. */
export async function serverFacts(session: ShardSession): Promise<ServerFacts> {
  const [row] = await session.query<{ version: string; read_only: string }>(
    'SELECT VERSION() AS version, @@read_only AS read_only',
  );
  return { version: row!.version, readOnly: Number(row!.read_only) !== 0 };
}

/** The names of the tables and views of a database, from the data dictionary. */
export async function listTables(session: ShardSession): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`,
  );
  return rows.map(({ name }) => name);
}

/** How many cells of a shard's fences are in each state. A scan of the three tables; no lock. */
export async function fenceStates(
  session: ShardSession,
): Promise<readonly { kind: MoveKind; state: string; cells: number }[]> {
  const rows = await session.query<{ kind: MoveKind; state: string; cells: string }>(
    `SELECT 'numbers' AS kind, state, CAST(COUNT(*) AS CHAR) AS cells FROM bucket_fences GROUP BY state
      UNION ALL
     SELECT 'keys', state, CAST(COUNT(*) AS CHAR) FROM key_fences GROUP BY state
      UNION ALL
     SELECT 'texts', state, CAST(COUNT(*) AS CHAR) FROM text_fences GROUP BY state`,
  );
  return rows.map(({ kind, state, cells }) => ({ kind, state, cells: Number(cells) }));
}
