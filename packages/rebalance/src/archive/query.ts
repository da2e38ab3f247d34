import { join } from 'node:path';
import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { inScratch } from './archive.ts';
import { readManifests } from './archive-reader.ts';
import { DAY_FORMAT, isDay } from '../retention/days.ts';
import { ArchiveQueryError } from './errors.ts';
import type { TableLayout } from './layout.ts';
import { dayPrefix, type Manifest } from './manifest.ts';
import { allMarks } from './marks.ts';
import type { ArchiveStore } from './store.ts';

export interface ArchiveQuery {
  readonly sql: string;
  /** UTC days, `YYYY-MM-DD`, both with them; all that there are unless given. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface ArchiveRows {
  readonly columns: readonly string[];
  /** Values as DuckDB writes them in JSON: BIGINT as decimal text. */
  readonly rows: readonly Readonly<Record<string, Json>>[];
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Asks an archive in SQL. Each archived table is a view with the columns that it has on the shards, and `day` and `shard`
 * beside them; of an order that was archived twice there is the newer one, and none of one that was restored or erased.
 * The files of the days asked for are copied to this machine first; the SQL sees them and nothing else.
 *
 * @throws ArchiveQueryError for a day that is none, days of which nothing is archived, and what DuckDB refuses
 * @throws ArchiveMissingError, ArchiveForeignError, ArchiveUnavailableError, ArchiveDamagedError
 */
export async function queryArchive(
  store: ArchiveStore,
  { sql, from, to }: ArchiveQuery,
): Promise<ArchiveRows> {
  for (const day of [from, to]) {
    if (day !== undefined && !isDay(day)) throw new ArchiveQueryError(`${day} is no day: ${DAY_FORMAT}`);
  }
  await store.look();
  const days = await readManifests(store, from !== undefined && from === to ? dayPrefix(from) : 'day=');
  const manifests = days.filter(
    ({ day, first }) => (from ?? day) <= day && day <= (to ?? day) && first !== null,
  );
  if (manifests.length === 0) {
    const which =
      from === undefined && to === undefined ? '' : ` from ${from ?? 'the first'} to ${to ?? 'the last'}`;
    throw new ArchiveQueryError(`no day${which} is archived in ${store.url}`);
  }
  return inScratch(async (folder) => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: '1GB',
      temp_directory: join(folder, 'spill'),
    });
    try {
      const connection = await instance.connect();
      const paths: string[] = [];
      for (const [index, { file }] of manifests.entries()) {
        const path = join(folder, `${index}.parquet`);
        await store.fetch(file, path);
        paths.push(path);
      }
      await makeViews(connection, manifests, paths, await voidNumbers(store));
      await connection.run(`SET allowed_paths = [${paths.map(text).join(', ')}]`);
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
      return await rowsOf(connection, sql);
    } finally {
      instance.closeSync();
    }
  });
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<ArchiveRows> {
  try {
    const result = await connection.runAndReadAll(sql);
    return {
      columns: result.deduplicatedColumnNames(),
      rows: result.getRowObjectsJson(),
    };
  } catch (cause) {
    throw new ArchiveQueryError((cause as Error).message, { cause });
  }
}

interface VoidNumber {
  readonly number: bigint;
  /** What was archived up to then is void. */
  readonly upTo: string;
}

async function voidNumbers(store: ArchiveStore): Promise<readonly VoidNumber[]> {
  const marks = await allMarks(store);
  return marks.map(({ number, kind, at }) => ({ number, upTo: kind === 'erased' ? '9999' : at }));
}

async function makeViews(
  connection: DuckDBConnection,
  manifests: readonly Manifest[],
  paths: readonly string[],
  voids: readonly VoidNumber[],
): Promise<void> {
  const newest = manifests[0]!;
  await connection.run(
    'CREATE TABLE archived_files (path VARCHAR, day DATE, shard INTEGER, archived_at VARCHAR)',
  );
  for (const [index, { day, shard, archivedAt }] of manifests.entries()) {
    const values = [text(paths[index]!), `DATE ${text(day)}`, String(shard), text(archivedAt)];
    await connection.run(`INSERT INTO archived_files VALUES (${values.join(', ')})`);
  }
  await connection.run('CREATE TABLE void_numbers (number BIGINT, up_to VARCHAR)');
  for (const { number, upTo } of voids)
    await connection.run(`INSERT INTO void_numbers VALUES (${number}, ${text(upTo)})`);
  const files = `[${paths.map(text).join(', ')}]`;
  const { root, children } = newest.layout;
  // Only numbers of files that overlap can be in two: those carried over, and those archived again.
  await connection.run(
    `CREATE VIEW archived AS
     SELECT rows.* EXCLUDE (filename), files.day, files.shard, files.archived_at
       FROM read_parquet(${files}, filename = true, union_by_name = true) AS rows
       JOIN archived_files AS files ON files.path = rows.filename
      WHERE NOT EXISTS (FROM void_numbers AS void WHERE void.number = rows.number AND void.up_to >= files.archived_at)
    QUALIFY row_number() OVER (PARTITION BY rows.number ORDER BY files.archived_at DESC) = 1`,
  );
  const lists = children.map(({ table }) => quoted(table)).join(', ');
  await connection.run(
    `CREATE VIEW ${quoted(root.table)} AS
     SELECT * EXCLUDE (${[lists, 'archived_at'].filter((name) => name !== '').join(', ')}) FROM archived`,
  );
  for (const child of children) await connection.run(viewOfChild(child));
}

function viewOfChild({ table, columns }: TableLayout): string {
  const names = columns.map(({ name }) => (name === 'number' ? 'number' : `entry.${quoted(name)}`));
  return `CREATE VIEW ${quoted(table)} AS
          SELECT ${names.join(', ')}, day, shard
            FROM (SELECT number, day, shard, unnest(${quoted(table)}) AS entry FROM archived)`;
}
