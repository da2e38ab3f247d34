import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import { identifier } from '../sql/identifier.ts';

/** The rows of a shard's tables at a moment, to be restored as from a backup. */
export type Backup = ReadonlyMap<
  string,
  readonly Readonly<Record<string, string | number | Buffer | null>>[]
>;

/** The tables of the router that a shard is known by. */
export const ROUTING_TABLES = [
  'bucket_fences',
  'key_fences',
  'text_fences',
  'bucket_moves',
  'shard_maps',
  'shard_seals',
  'epoch_openings',
] as const;

/** Reads all rows of some tables, without what the server makes of them by itself. */
export async function backUp(
  session: ShardSession,
  tables: readonly string[] = ROUTING_TABLES,
): Promise<Backup> {
  const backup = new Map<string, Record<string, string | number | Buffer | null>[]>();
  for (const table of tables) {
    const columns = await session.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = ? AND extra NOT LIKE '%GENERATED%'`,
      [table],
    );
    const list = columns.map(({ name }) => identifier(name)).join(', ');
    backup.set(table, await session.query(`SELECT ${list} FROM ${identifier(table)}`));
  }
  return backup;
}

/** Makes the tables of a backup what they were. */
export async function restore(session: ShardSession, backup: Backup): Promise<void> {
  await inTransaction(session, async () => {
    for (const [table, rows] of backup) {
      await session.execute(`DELETE FROM ${identifier(table)}`);
      for (const row of rows) {
        const columns = Object.keys(row);
        await session.execute(
          `INSERT INTO ${identifier(table)} (${columns.map(identifier).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          Object.values(row),
        );
      }
    }
  });
}
