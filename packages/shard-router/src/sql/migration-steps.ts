import type { ShardSession } from '../pools/session.ts';

/** How far a statement of a migration came on a shard. */
export interface MigrationStep {
  /** The migration's file name. */
  readonly name: string;
  /** The statement's place in the file, from 1. */
  readonly place: number;
  readonly hash: string;
  /** `begun`: whether it took effect is not known, until its evidence is looked at. */
  readonly state: 'begun' | 'done' | 'failed';
  /** A hash of what it is about, as that was before it. */
  readonly evidence: string | null;
  /** Why it failed. */
  readonly message: string | null;
}

/** Makes the table of steps. It is the runner's own, so no migration makes it. */
export async function createMigrationSteps(session: ShardSession): Promise<void> {
  await session.execute(
    `CREATE TABLE IF NOT EXISTS ordershard_migration_steps (
       name      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
       place     SMALLINT UNSIGNED NOT NULL,
       hash      CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
       state     ENUM('begun', 'done', 'failed') NOT NULL,
       evidence  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
       message   TEXT NULL,
       noted_at  DATETIME(3) NOT NULL,
       PRIMARY KEY (name, place)
     ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`,
  );
}

/** Reads every step; a scan of a few hundred rows. */
export async function readMigrationSteps(session: ShardSession): Promise<MigrationStep[]> {
  return session.query<MigrationStep>(
    'SELECT name, place, hash, state, evidence, message FROM ordershard_migration_steps ORDER BY name, place',
  );
}

/** Writes how far a statement came. One row by primary key. */
export async function writeMigrationStep(session: ShardSession, step: MigrationStep): Promise<void> {
  await session.execute(
    `INSERT INTO ordershard_migration_steps (name, place, hash, state, evidence, message, noted_at)
     VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE hash = VALUES(hash), state = VALUES(state), evidence = VALUES(evidence),
       message = VALUES(message), noted_at = VALUES(noted_at)`,
    [step.name, step.place, step.hash, step.state, step.evidence, step.message],
  );
}
