import { createHash } from 'node:crypto';
import { ShardUnavailableError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { type MigrationStep, writeMigrationStep } from '../sql/migration-steps.ts';
import { showCreate } from '../sql/show-schema.ts';
import { MigrationFailedError, MigrationRefusedError } from './errors.ts';
import { formatSchema, normalise, schemaOf } from './schema/schema-of.ts';
import { inDialect, type MigrationStatement, type SqlMigration } from './sql-files.ts';

/**
 * Runs the statements of a migration that have not run yet on a shard, and notes each. MySQL commits definitions by itself,
 * so a file cannot run in one transaction. With the notes, a later run goes on where this one ended:
 *
 * - a statement that changes rows is committed together with its note;
 * - before a statement that changes definitions, a note is written with a hash of the object that it is about. If the run is
 *   killed then, the next one sees by that hash whether the statement took effect: each such statement is atomic by itself.
 *
 * @param session on a connection of its own that holds the lock of the database's migrations
 * @param steps the notes of earlier runs
 * @throws MigrationFailedError naming the statement that failed
 */
export async function runStatements(
  session: ShardSession,
  serverVersion: string,
  { name, statements }: SqlMigration,
  steps: readonly MigrationStep[],
): Promise<void> {
  for (const statement of statements) {
    const step = steps.find((known) => known.name === name && known.place === statement.place);
    if (step?.state === 'done') continue;
    const sql = inDialect(statement.sql, serverVersion);
    try {
      if (statement.kind === 'session') await session.execute(sql);
      else if (statement.kind === 'rows') await runRows(session, name, statement, sql);
      else await runDefinition(session, name, statement, sql, step);
    } catch (error) {
      if (error instanceof ShardUnavailableError || error instanceof MigrationRefusedError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const { place, hash, line } = statement;
      await writeMigrationStep(session, { name, place, hash, state: 'failed', evidence: null, message });
      throw new MigrationFailedError(session.shard, name, place, line, error);
    }
  }
}

function noted(
  name: string,
  { place, hash }: MigrationStatement,
  state: 'begun' | 'done',
  evidence: string | null = null,
): MigrationStep {
  return { name, place, hash, state, evidence, message: null };
}

async function runRows(
  session: ShardSession,
  name: string,
  statement: MigrationStatement,
  sql: string,
): Promise<void> {
  await session.execute('START TRANSACTION');
  try {
    await session.execute(sql);
    await writeMigrationStep(session, noted(name, statement, 'done'));
    await session.execute('COMMIT');
  } catch (error) {
    await session.execute('ROLLBACK').catch(() => undefined); // The connection is gone, and with it the transaction.
    throw error;
  }
}

async function runDefinition(
  session: ShardSession,
  name: string,
  statement: MigrationStatement,
  sql: string,
  step: MigrationStep | undefined,
): Promise<void> {
  const before = await evidenceOf(session, statement);
  if (step?.state === 'begun' && step.evidence !== before) {
    if (step.hash !== statement.hash) {
      throw new MigrationRefusedError(
        name,
        `shard ${session.shard}: ${name}, statement ${statement.place} (line ${statement.line}) was edited, but had taken effect when the run that sent it was killed`,
      );
    }
  } else {
    await writeMigrationStep(session, noted(name, statement, 'begun', before));
    await session.execute(sql);
  }
  await writeMigrationStep(session, noted(name, statement, 'done'));
}

/**
 * Returns a hash of the present definition of the object that a statement is about, or of the whole schema when the object is
 * not known.
 */
async function evidenceOf(session: ShardSession, { subject, sql }: MigrationStatement): Promise<string> {
  let text: string;
  if (subject === undefined) {
    text = formatSchema(await schemaOf(session));
  } else {
    const shown = (await showCreate(session, subject))?.sql ?? '';
    // Partitions come and go by themselves, so they count only for a statement about partitions.
    text = /\bPARTITION/i.test(sql) ? shown : normalise(shown);
  }
  return createHash('sha256').update(text).digest('hex');
}
