import { RouterError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { type AccessOption, withShardSessions } from '../pools/with-shard-sessions.ts';
import { hasMigrationTables, readAppliedMigrations } from '../sql/migration-ledger.ts';
import { readMigrationSteps } from '../sql/migration-steps.ts';
import type { ShardConfig } from '../topology/config.ts';
import { changesSince } from './check-unedited.ts';
import { readMigrations, type SqlMigration } from './sql-files.ts';

/** Where the migrations of a shard stand. */
export interface ShardMigrations {
  readonly shard: number;
  /** Run whole. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Run whole, but not among the files. */
  readonly unknown: readonly string[];
  /** Run, whole or in part, and edited since. */
  readonly edited: readonly string[];
  /** The statement that failed, or was cut off, in the last run. */
  readonly stoppedAt?: { readonly name: string; readonly statement: number; readonly message?: string };
}

/** Why the state of a shard is not known. */
export interface UnreachableMigrations {
  readonly shard: number;
  readonly unavailable: RouterError;
}

/**
 * Returns where the migrations of each shard stand. Changes nothing. A shard that cannot be reached is returned as such, and
 * the other shards are returned all the same.
 *
 * @throws MigrationRefusedError, TopologyError for files that cannot be read
 */
export async function migrationStatus(
  shards: readonly ShardConfig[],
  directories: readonly string[],
  options: AccessOption = {},
): Promise<readonly (ShardMigrations | UnreachableMigrations)[]> {
  const migrations = await readMigrations(directories);
  return Promise.all(
    shards.map(async (shard) => {
      try {
        return (await withShardSessions([shard], (session) => statusOf(session, migrations), options))[0]!;
      } catch (error) {
        if (!(error instanceof RouterError)) throw error;
        return { shard: shard.id, unavailable: error };
      }
    }),
  );
}

async function statusOf(
  session: ShardSession,
  migrations: readonly SqlMigration[],
): Promise<ShardMigrations> {
  const ran = await hasMigrationTables(session);
  const applied = ran ? await readAppliedMigrations(session) : [];
  const steps = ran ? await readMigrationSteps(session) : [];
  const changes = changesSince(migrations, applied, steps);
  const stopped = steps.find(({ name, state }) => state !== 'done' && !applied.includes(name));
  const named = (change: 'gone' | 'edited') =>
    changes.filter((each) => each.change === change).map(({ name }) => name);
  return {
    shard: session.shard,
    applied,
    pending: migrations.map(({ name }) => name).filter((name) => !applied.includes(name)),
    unknown: named('gone'),
    edited: named('edited'),
    ...(stopped === undefined
      ? {}
      : {
          stoppedAt: {
            name: stopped.name,
            statement: stopped.place,
            ...(stopped.message === null ? {} : { message: stopped.message }),
          },
        }),
  };
}
