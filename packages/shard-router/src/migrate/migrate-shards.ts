import { fileURLToPath } from 'node:url';
import type { PoolConnection } from 'mysql2';
import type { Knex } from 'knex';
import { ShardUnavailableError } from '../errors.ts';
import { checkGuardedTables, type GuardedTable } from '../guards/guarded-table.ts';
import { makeGuards } from '../guards/guards.ts';
import { translateError } from '../pools/mysql-errors.ts';
import { ConnectionSession, type ShardSession } from '../pools/session.ts';
import { ShardPool } from '../pools/shard-pool.ts';
import type { AccessOption } from '../pools/with-shard-sessions.ts';
import { LEDGER_TABLE, readAppliedMigrations } from '../sql/migration-ledger.ts';
import { lockMigrations, readServerVersion, unlockMigrations } from '../sql/migration-lock.ts';
import { createMigrationSteps, readMigrationSteps } from '../sql/migration-steps.ts';
import { checkShards, type ShardConfig } from '../topology/config.ts';
import { checkUnedited } from './check-unedited.ts';
import { runStatements } from './run-statements.ts';
import { readMigrations, type SqlMigration } from './sql-files.ts';

/** The folder of the router's own migrations, which an application puts before its own. */
export const ROUTER_MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** What was done on one shard. */
export interface MigrationReport {
  readonly shard: number;
  /** Names of the migrations that were run now. */
  readonly applied: readonly string[];
  /** Names of the triggers that were made, or made anew, for the guarded tables. */
  readonly guards: readonly string[];
}

export interface MigrateOptions extends AccessOption {
  /** Tables whose rows belong to a number or a key: each gets its guards when the migrations have run, or has them renewed. */
  readonly tables?: readonly GuardedTable[];
}

const LOCK_WAIT_SECONDS = 60;
const HOUR_MS = 3_600_000;
const LIMITS = {
  connections: 1,
  queue: 1,
  connectTimeoutMs: 5_000,
  queueTimeoutMs: 6_000,
  // A definition of a large table takes its time.
  statementTimeoutMs: 24 * HOUR_MS,
};

/** A shard whose migrations are locked for this run. */
interface LockedShard {
  readonly session: ShardSession;
  readonly connection: PoolConnection;
  readonly serverVersion: string;
  release(): Promise<void>;
}

/**
 * Brings every shard to the newest migration, all shards at once. Runs nothing before it has locked all shards and has seen
 * that the migrations that they ran before are unchanged. When a statement fails, the other shards finish the file that they
 * are at. Mend the cause and run this again: each shard goes on where it was. Safe to run from several places: runs wait for
 * each other, and a lock that a killed run left behind blocks nobody.
 *
 * @throws MigrationFailedError naming shard, file and statement
 * @throws TopologyError for a guarded table that is declared wrongly
 * @throws MigrationRefusedError when a migration that was run was edited or is gone; nothing was run then
 * @throws ShardUnavailableError when a shard cannot be reached, or another run does not end
 */
export async function migrateShards(
  shards: readonly ShardConfig[],
  directories: readonly string[],
  { access = {}, tables = [] }: MigrateOptions = {},
): Promise<readonly MigrationReport[]> {
  checkGuardedTables(tables);
  const migrations = await readMigrations(directories);
  const endpoints = [...checkShards(shards)].toSorted((a, b) => a.id - b.id);
  const locked: LockedShard[] = [];
  try {
    // In the order of their ids: of two runs at once, one then gets all locks and the other none.
    for (const { id, writer, access: own } of endpoints)
      locked.push(await lockShard(new ShardPool(id, writer, 'read write', LIMITS, { ...access, ...own })));
    await settled(locked.map((shard) => prepare(shard, migrations)));
    const halt = new AbortController();
    return await settled(
      locked.map(async (shard) => {
        try {
          const applied = await runMigrations(shard, migrations, halt.signal);
          const guards = await makeGuards(shard.session, tables);
          return { shard: shard.session.shard, applied, guards };
        } catch (error) {
          halt.abort();
          throw translateError(error, shard.session.shard);
        }
      }),
    );
  } finally {
    await Promise.all(locked.map((shard) => shard.release()));
  }
}

/** Waits for all, then throws the failure that came first. */
async function settled<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const failures: unknown[] = [];
  const noted = work.map((each) => each.catch((error: unknown) => void failures.push(error)));
  const results = await Promise.all(noted);
  if (failures.length > 0) throw failures[0];
  return results as T[];
}

async function lockShard(pool: ShardPool): Promise<LockedShard> {
  try {
    const connection = await pool.acquire();
    const session = new ConnectionSession(pool.shard, connection, () => LIMITS.statementTimeoutMs);
    if (!(await lockMigrations(session, LOCK_WAIT_SECONDS)))
      throw new ShardUnavailableError(pool.shard, 'another migration is running');
    const release = async () => {
      await unlockMigrations(session).catch(() => undefined); // The connection is gone, and with it the lock.
      connection.release();
      await pool.close();
    };
    return { session, connection, serverVersion: await readServerVersion(session), release };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function prepare(shard: LockedShard, migrations: readonly SqlMigration[]): Promise<void> {
  const { session } = shard;
  await createMigrationSteps(session);
  await withMigrator(shard, migrations, new AbortController().signal, async (migrator, config) => {
    // The server's lock is held, so a lock that knex still finds belongs to a run that died.
    await migrator.forceFreeMigrationsLock(config);
    await migrator.currentVersion(config); // Makes its tables.
  });
  checkUnedited(
    session.shard,
    migrations,
    await readAppliedMigrations(session),
    await readMigrationSteps(session),
  );
}

async function runMigrations(
  shard: LockedShard,
  migrations: readonly SqlMigration[],
  halt: AbortSignal,
): Promise<readonly string[]> {
  const before = new Set(await readAppliedMigrations(shard.session));
  await withMigrator(shard, migrations, halt, (migrator, config) => migrator.latest(config)).catch(
    (error: unknown) => {
      if (error !== halt.reason) throw error;
    },
  );
  return (await readAppliedMigrations(shard.session)).filter((name) => !before.has(name));
}

/** Runs `fn` with knex's migrator on the connection that holds the lock. */
async function withMigrator(
  { session, connection, serverVersion }: LockedShard,
  migrations: readonly SqlMigration[],
  halt: AbortSignal,
  fn: (migrator: Knex.Migrator, config: Knex.MigratorConfig) => Promise<unknown>,
): Promise<void> {
  // Loaded here, because most processes that use the router migrate nothing.
  // By its default export: Node finds no other name in what knex exports.
  const { default: knex } = await import('knex');
  // The connection for knex: knex may release it as often as it likes, and never ends it.
  const lent = {
    config: connection.config,
    query: connection.query.bind(connection),
    release: () => undefined,
  };
  const client = knex({
    client: 'mysql2',
    connectionPool: { getConnection: (done: (error: null, got: typeof lent) => void) => done(null, lent) },
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined },
  } as unknown as Knex.Config);
  try {
    await fn(client.migrate, {
      tableName: LEDGER_TABLE,
      disableTransactions: true, // Definitions commit by themselves.
      migrationSource: {
        getMigrations: () => Promise.resolve([...migrations]),
        getMigrationName: (migration: SqlMigration) => migration.name,
        getMigration: (migration: SqlMigration) =>
          Promise.resolve({
            up: async () => {
              halt.throwIfAborted();
              await runStatements(session, serverVersion, migration, await readMigrationSteps(session));
            },
            down: () => Promise.reject(new Error('migrations are never taken back: add a new one')),
          }),
      },
    });
  } finally {
    await client.destroy();
  }
}
