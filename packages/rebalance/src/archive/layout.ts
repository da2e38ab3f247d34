import { createHash } from 'node:crypto';
import type { ShardSession } from '@ordershard/shard-router';
import type { Aggregate } from '../retention/aggregate.ts';
import type { SessionRow } from '../sql/aggregate-rows.ts';
import { type ColumnRow, readColumns } from '../sql/columns.ts';
import { hashedValues } from './columns.ts';

/** The tables of an archived file: the root, whose rows are the file's, and those whose rows lie in lists of each. */
export interface Layout {
  readonly root: TableLayout;
  readonly children: readonly TableLayout[];
}

export interface TableLayout {
  readonly table: string;
  readonly columns: readonly ColumnRow[];
}

/** All rows of one number. */
export interface AggregateRows {
  readonly number: bigint;
  readonly root: SessionRow;
  /** By table, in the order of their primary keys. */
  readonly children: Readonly<Record<string, readonly SessionRow[]>>;
}

/** Reads how the tables of an aggregate look now. */
export async function readLayout(session: ShardSession, { parts }: Aggregate): Promise<Layout> {
  const tables: TableLayout[] = [];
  for (const { table } of parts) tables.push({ table, columns: await readColumns(session, table) });
  const [root, ...children] = tables;
  return { root: root!, children };
}

/** The names of the columns of a table's primary key, in their order. */
export function keyOf({ columns }: TableLayout): readonly string[] {
  return columns
    .filter((column) => column.key > 0)
    .toSorted((a, b) => a.key - b.key)
    .map(({ name }) => name);
}

/** SHA-256 over the rows of numbers, in the order of numbers. */
export class ContentHash {
  readonly #hash = createHash('sha256');
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  add({ root, children }: AggregateRows): void {
    const { root: top, children: below } = this.#layout;
    const lists = below.map(({ table, columns }) =>
      (children[table] ?? []).map((row) => hashedValues(columns, row)),
    );
    this.#hash.update(`${JSON.stringify([hashedValues(top.columns, root), ...lists])}\n`);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** The hash of one number's rows. */
export function hashOf(layout: Layout, rows: AggregateRows): string {
  const hash = new ContentHash(layout);
  hash.add(rows);
  return hash.digest();
}
