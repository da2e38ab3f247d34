import type { MigrationStep } from '../sql/migration-steps.ts';
import { MigrationRefusedError } from './errors.ts';
import type { SqlMigration } from './sql-files.ts';

/** A migration file that is gone or was edited since a shard has run it, whole or in part. */
export interface MigrationChange {
  readonly name: string;
  /**
   * `gone`: the file was run whole, and does not exist any more. `edited`: a statement that took effect is another one now.
   */
  readonly change: 'gone' | 'edited';
  /** The first statement that differs, from 1; 0 when the file is gone. */
  readonly statement: number;
}

/** Compares the files with what a shard has run of them. Comments between statements are no change. */
export function changesSince(
  migrations: readonly SqlMigration[],
  applied: readonly string[],
  steps: readonly MigrationStep[],
): readonly MigrationChange[] {
  const whole = new Set(applied);
  const known = new Map(migrations.map((migration) => [migration.name, migration.statements]));
  const changes: MigrationChange[] = [...whole]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, change: 'gone', statement: 0 }));
  for (const [name, statements] of known) {
    const noted = steps.filter((step) => step.name === name);
    const edited = noted.find(
      ({ place, state, hash }) => state === 'done' && statements[place - 1]?.hash !== hash,
    );
    // A statement that was added to a file that was run whole would never run. Session statements leave no note.
    const added = statements.find(
      ({ place, kind }) =>
        whole.has(name) &&
        noted.length > 0 &&
        kind !== 'session' &&
        !noted.some((step) => step.place === place),
    );
    const first = edited ?? added;
    if (first !== undefined) changes.push({ name, change: 'edited', statement: first.place });
  }
  return changes;
}

/** Throws {@link MigrationRefusedError} when a shard has run something else than the files say. */
export function checkUnedited(
  shard: number,
  migrations: readonly SqlMigration[],
  applied: readonly string[],
  steps: readonly MigrationStep[],
): void {
  const [first] = changesSince(migrations, applied, steps);
  if (first === undefined) return;
  const { name, change, statement } = first;
  throw new MigrationRefusedError(
    name,
    change === 'gone'
      ? `shard ${shard} has run ${name}, which is not among the migrations`
      : `${name}, statement ${statement} was edited after shard ${shard} had run it: add a new migration instead`,
  );
}
