import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TopologyError } from '../errors.ts';
import { kindOf, type SchemaObject, type StatementKind, subjectOf } from './classify.ts';
import { MigrationRefusedError } from './errors.ts';
import { splitStatements } from './split-statements.ts';

/** A statement of a migration. */
export interface MigrationStatement {
  /** Its place in the file, from 1. */
  readonly place: number;
  /** The line that it begins in. */
  readonly line: number;
  readonly sql: string;
  /** SHA-256 of its text as hex. */
  readonly hash: string;
  readonly kind: Exclude<StatementKind, 'refused'>;
  /** The object that the statement is about, if that is clear. */
  readonly subject: SchemaObject | undefined;
}

/** A migration: a numbered file of plain SQL. */
export interface SqlMigration {
  /** The file's name, such as `0001_orders.sql`; it must be the only one of that name. */
  readonly name: string;
  readonly statements: readonly MigrationStatement[];
}

/**
 * Reads the migrations of some folders: folder by folder, each in the order of their names.
 *
 * @throws TopologyError for a folder without migrations, or a name that is there twice
 * @throws MigrationRefusedError for a file that cannot be run statement by statement
 */
export async function readMigrations(directories: readonly string[]): Promise<readonly SqlMigration[]> {
  const found = new Map<string, string>();
  for (const directory of directories) {
    const names = (await readdir(directory))
      .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
      .toSorted();
    if (names.length === 0)
      throw new TopologyError(`no migration like 0001_name.sql in ${basename(directory)}`);
    for (const name of names) {
      if (found.has(name)) throw new TopologyError(`two migrations are named ${name}`);
      found.set(name, join(directory, name));
    }
  }
  return Promise.all(
    [...found].map(async ([name, path]) => parseMigration(name, await readFile(path, 'utf8'))),
  );
}

/**
 * Splits a file's text into statements. Throws {@link MigrationRefusedError} for one after whose failure a run could not go
 * on.
 */
export function parseMigration(name: string, text: string): SqlMigration {
  const statements = splitStatements(text, name).map(({ sql, line, words }, index) => {
    const kind = kindOf(words);
    if (kind === 'refused') {
      throw new MigrationRefusedError(
        name,
        `${name}, line ${line}: ${words[0]} is not for migrations: each statement is committed by itself`,
      );
    }
    const hash = createHash('sha256').update(sql).digest('hex');
    return { place: index + 1, line, sql, hash, kind, subject: subjectOf(words) };
  });
  return { name, statements };
}

/** SQL that differs between servers. Migrations contain the comments that are the keys here, and each stands for its SQL. */
const DIALECT_WORDS: Readonly<Record<string, { readonly mysql: string; readonly mariadb: string }>> = {
  '/*LOCK_SHARED_SKIP_LOCKED*/': {
    mysql: 'FOR SHARE SKIP LOCKED',
    mariadb: 'LOCK IN SHARE MODE SKIP LOCKED',
  },
  // In a join with a JSON_TABLE, which takes no locks.
  '/*LOCK_SHARED_OF_FENCE_SKIP_LOCKED*/': {
    mysql: 'FOR SHARE OF fence SKIP LOCKED',
    mariadb: 'LOCK IN SHARE MODE SKIP LOCKED',
  },
  '/*SERVER_IS_READ_ONLY*/': {
    mysql: '@@global.super_read_only OR @@global.innodb_read_only',
    mariadb: '@@global.read_only OR @@global.innodb_read_only',
  },
};

/** Returns a statement's text for a server with the given `VERSION()`. */
export function inDialect(sql: string, serverVersion: string): string {
  const dialect = /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
  return Object.entries(DIALECT_WORDS).reduce(
    (text, [word, spelled]) => text.replaceAll(word, spelled[dialect]),
    sql,
  );
}
