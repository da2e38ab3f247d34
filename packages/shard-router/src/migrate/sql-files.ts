import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TopologyError } from '../errors.ts';

/** A migration: a numbered file of plain SQL. */
export interface SqlMigration {
  /** The file's name, such as `0001_orders.sql`; it must be the only one of that name. */
  readonly name: string;
  readonly path: string;
}

/** The migrations of some folders: folder by folder, each in the order of their names. */
export async function findMigrations(directories: readonly string[]): Promise<readonly SqlMigration[]> {
  const found: SqlMigration[] = [];
  for (const directory of directories) {
    const names = (await readdir(directory))
      .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
      .toSorted();
    if (names.length === 0)
      throw new TopologyError(`no migration like 0001_name.sql in ${basename(directory)}`);
    for (const name of names) {
      if (found.some((other) => other.name === name))
        throw new TopologyError(`two migrations are named ${name}`);
      found.push({ name, path: join(directory, name) });
    }
  }
  return found;
}

/** What differs between servers, written in migrations as a comment that stands for it. */
const DIALECT_WORDS: Readonly<Record<string, { readonly mysql: string; readonly mariadb: string }>> = {
  '/*LOCK_SHARED_SKIP_LOCKED*/': {
    mysql: 'FOR SHARE SKIP LOCKED',
    mariadb: 'LOCK IN SHARE MODE SKIP LOCKED',
  },
  '/*SERVER_IS_READ_ONLY*/': {
    mysql: '@@global.super_read_only OR @@global.innodb_read_only',
    mariadb: '@@global.read_only OR @@global.innodb_read_only',
  },
};

/** Reads a migration's text for a server whose `VERSION()` is given. */
export async function readMigration({ path }: SqlMigration, serverVersion: string): Promise<string> {
  const dialect = /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
  const text = await readFile(path, 'utf8');
  return Object.entries(DIALECT_WORDS).reduce(
    (sql, [word, spelled]) => sql.replaceAll(word, spelled[dialect]),
    text,
  );
}
