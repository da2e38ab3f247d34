import { fileURLToPath } from 'node:url';
import knex from 'knex';
import { ShardUnavailableError } from '../errors.ts';
import { translateError } from '../pools/mysql-errors.ts';
import { checkShards, type ShardConfig, type ShardEndpoints } from '../topology/config.ts';
import { findMigrations, readMigration, type SqlMigration } from './sql-files.ts';

/** The folder of the router's own migrations, which an application puts before its own. */
export const ROUTER_MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** What was done on one shard. */
export interface MigrationReport {
  readonly shard: number;
  /** Names of the migrations that were run now. */
  readonly applied: readonly string[];
}

const TABLE = 'ordershard_migrations';
const LOCK_WAIT_SECONDS = 60;

/**
 * Brings every shard to the newest migration, all shards at once. Safe to run again, and from several places: runs on a
 * shard wait for each other, and a lock that a killed run left behind holds nobody up.
 *
 * @throws ShardUnavailableError when a shard cannot be reached, or another run does not end
 */
export async function migrateShards(
  shards: readonly ShardConfig[],
  directories: readonly string[],
): Promise<readonly MigrationReport[]> {
  const migrations = await findMigrations(directories);
  return Promise.all(checkShards(shards).map((shard) => migrateShard(shard, migrations)));
}

async function migrateShard(
  { id, writer }: ShardEndpoints,
  migrations: readonly SqlMigration[],
): Promise<MigrationReport> {
  const client = knex({
    client: 'mysql2',
    connection: { ...writer, multipleStatements: true, charset: 'utf8mb4', timezone: 'Z' },
    // One for the lock, one for the migrations.
    pool: { min: 0, max: 2 },
  });
  try {
    return await client.transaction(async (holder) => {
      const name = `ordershard-migrate:${writer.database}`.slice(0, 64);
      const [[lock]] = (await holder.raw('SELECT GET_LOCK(?, ?) AS held', [name, LOCK_WAIT_SECONDS])) as [
        [{ held: number }],
      ];
      if (lock.held !== 1) throw new ShardUnavailableError(id, 'another migration is running');
      try {
        return { shard: id, applied: await runMigrations(client, migrations) };
      } finally {
        await holder.raw('SELECT RELEASE_LOCK(?)', [name]);
      }
    });
  } catch (error) {
    throw translateError(error, id);
  } finally {
    await client.destroy();
  }
}

async function runMigrations(
  client: knex.Knex,
  migrations: readonly SqlMigration[],
): Promise<readonly string[]> {
  const [[{ version }]] = (await client.raw('SELECT VERSION() AS version')) as [[{ version: string }]];
  const config: knex.Knex.MigratorConfig = {
    tableName: TABLE,
    disableTransactions: true, // DDL commits by itself.
    migrationSource: {
      getMigrations: () => Promise.resolve([...migrations]),
      getMigrationName: (migration: SqlMigration) => migration.name,
      getMigration: (migration: SqlMigration) =>
        Promise.resolve({
          up: async (db: knex.Knex) =>
            db.raw((await readMigration(migration, version)).replaceAll('?', '\\?')),
          down: () => Promise.reject(new Error('migrations are never taken back: add a new one')),
        }),
    },
  };
  // The server's lock is held, so a lock that knex still finds belongs to a run that died.
  await client.migrate.forceFreeMigrationsLock(config);
  const [, applied] = (await client.migrate.latest(config)) as [number, string[]];
  return applied;
}
