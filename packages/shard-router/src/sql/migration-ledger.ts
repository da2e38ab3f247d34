import type { ShardSession } from '../pools/session.ts';

/** The table in which knex's migrator keeps the names of what was run whole. */
export const LEDGER_TABLE = 'ordershard_migrations';

/** Whether the runner's tables are there yet, from the data dictionary. */
export async function hasMigrationTables(session: ShardSession): Promise<boolean> {
  const rows = await session.query(
    `SELECT TABLE_NAME FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('${LEDGER_TABLE}', 'ordershard_migration_steps')`,
  );
  return rows.length === 2;
}

/** Reads the names of the migrations that were run whole, in the order of their run. */
export async function readAppliedMigrations(session: ShardSession): Promise<string[]> {
  const rows = await session.query<{ name: string }>(`SELECT name FROM ${LEDGER_TABLE} ORDER BY id`);
  return rows.map(({ name }) => name);
}
