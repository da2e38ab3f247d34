import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { appendRow, type DuckDB, kindOf } from './columns.ts';
import { type AggregateRows, ContentHash, type Layout, type TableLayout } from './layout.ts';

/** What was written into a Parquet file. */
export interface WrittenFile {
  readonly contentHash: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly first: bigint | undefined;
  readonly last: bigint | undefined;
}

/** Small groups, so that one order is found by reading little. */
const ROW_GROUP = 4_096;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Writes the rows of numbers into a Parquet file: a row for each number, with the columns of the root, and a list of
 * structs for each other table, named as the table. `chunks` come by number. Memory is bounded: DuckDB keeps what it has
 * not written in `folder`, which must be empty and is for the caller to remove.
 */
export async function writeParquet(
  layout: Layout,
  chunks: AsyncIterable<readonly AggregateRows[]>,
  folder: string,
  path: string,
): Promise<WrittenFile> {
  const hash = new ContentHash(layout);
  const tables = [layout.root, ...layout.children];
  const rows: Record<string, number> = Object.fromEntries(tables.map(({ table }) => [table, 0]));
  let first: bigint | undefined;
  let last: bigint | undefined;
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(join(folder, 'stage.duckdb'), {
    memory_limit: '512MB',
    threads: '2',
    temp_directory: join(folder, 'spill'),
  });
  try {
    const connection = await instance.connect();
    for (const table of tables)
      await connection.run(`CREATE TABLE ${quoted(table.table)} (${columnsOf(table)})`);
    await connection.run(`CREATE TABLE archived AS ${nested(layout)} LIMIT 0`);
    for await (const chunk of chunks) {
      for (const aggregate of chunk) hash.add(aggregate);
      first ??= chunk[0]?.number;
      last = chunk.at(-1)?.number ?? last;
      await stage(
        duckdb,
        connection,
        layout.root,
        chunk.map(({ root }) => root),
      );
      rows[layout.root.table]! += chunk.length;
      for (const child of layout.children) {
        const below = chunk.flatMap(({ children }) => children[child.table] ?? []);
        await stage(duckdb, connection, child, below);
        rows[child.table]! += below.length;
      }
      await connection.run(`INSERT INTO archived ${nested(layout)} ORDER BY root.number`);
      for (const { table } of tables) await connection.run(`TRUNCATE ${quoted(table)}`);
    }
    await connection.run(
      `COPY archived TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
  return { contentHash: hash.digest(), rows, first, last };
}

function columnsOf({ columns }: TableLayout): string {
  return columns.map((column) => `${quoted(column.name)} ${kindOf(column).duck}`).join(', ');
}

async function stage(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  { table, columns }: TableLayout,
  rows: readonly AggregateRows['root'][],
): Promise<void> {
  const appender = await connection.createAppender(table);
  for (const row of rows) appendRow(duckdb, appender, columns, row);
  appender.closeSync();
}

/** Selects what is staged with one row for each number. */
function nested({ root, children }: Layout): string {
  const lists = children.map(({ table, columns }, index) => {
    const fields = columns.filter(({ name }) => name !== 'number').map(({ name }) => quoted(name));
    const order = columns.filter(({ key }) => key > 0).toSorted((a, b) => a.key - b.key);
    const struct = fields.map((field) => `${field} := ${field}`).join(', ');
    const by = order.map(({ name }) => quoted(name)).join(', ');
    return {
      column: `coalesce(child${index}.rows, []) AS ${quoted(table)}`,
      join: `LEFT JOIN (SELECT number, list(struct_pack(${struct}) ORDER BY ${by}) AS rows
                          FROM ${quoted(table)} GROUP BY number) AS child${index} ON child${index}.number = root.number`,
    };
  });
  return `SELECT ${['root.*', ...lists.map(({ column }) => column)].join(', ')}
            FROM ${quoted(root.table)} AS root ${lists.map(({ join: text }) => text).join(' ')}`;
}

/** Length and SHA-256 of a file. */
export async function fingerprint(
  path: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
