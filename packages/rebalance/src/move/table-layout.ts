import type { MovesByText, ShardSession, TableRegistration } from '@ordershard/shard-router';
import { type ColumnRow, readBucketIndexes, readColumns } from '../sql/move/columns.ts';
import { TableNotMovableError } from './errors.ts';

/** How the rows of one table are read on one shard and written on another. */
export interface TableLayout {
  readonly table: string;
  /** The columns of an INSERT, as a list in SQL. */
  readonly columns: string;
  /** An SQL expression on a row named `r`: its values as the text of an INSERT, with their parentheses. */
  readonly text: string;
  /** The columns of the primary key, as a list in SQL, each of a row named `r`. */
  readonly key: string;
  /** An SQL expression on a row named `r`: its primary key as text, with parentheses. */
  readonly keyText: string;
  /** The index by which the rows of a bucket are found; undefined for a small table, which is read whole. */
  readonly index: string | undefined;
  /** Tables whose rows are found by the numbers of this one's. */
  readonly dependents: readonly TableLayout[];
}

/** A table whose rows go by a text key. */
export interface TextLayout extends TableLayout {
  /** The column of the key, of a row named `r`. */
  readonly column: string;
  /** An SQL expression on a row named `r`: the UTF-8 of its key as hex. */
  readonly hex: string;
  /** Whether rows may go by themselves, so that a row that is missing after a move is no loss. */
  readonly endsAlone: boolean;
}

/** The tables whose rows move. */
export interface MovingTables {
  /**
   * Tables that move by number. A table whose rows are found by another table's numbers is among that table's dependents
   * instead.
   */
  readonly numbers: readonly TableLayout[];
  readonly keys: readonly TableLayout[];
  readonly texts: readonly TextLayout[];
  /** Outbox tables, of which only parked rows move. Without the column `id`: the target assigns new ids. */
  readonly outboxes: readonly TableLayout[];
}

/** Tables of the router and of the outbox that have a column `bucket` and are handled separately. */
const OWN_TABLES = new Set([
  'bucket_fences',
  'key_fences',
  'text_fences',
  'bucket_moves',
  'dirty_numbers',
  'dirty_texts',
  'outbox_parked',
]);

const BINARY = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
const PLAIN = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'double']);
const QUOTED = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'date',
  'datetime',
  'timestamp',
  'time',
  'year',
]);

/**
 * Reads how the registered tables are made.
 *
 * @throws TableNotMovableError for a table that cannot be moved as it is registered, and for one with a column `bucket`
 *   that is not registered
 */
export async function readMovingTables(
  session: ShardSession,
  registrations: readonly TableRegistration[],
): Promise<MovingTables> {
  const columns = Map.groupBy(await readColumns(session), ({ table_name }) => table_name);
  const indexes = Map.groupBy(await readBucketIndexes(session), ({ table_name }) => table_name);
  const registered = new Set(registrations.map(({ table }) => table));
  for (const [table, list] of columns) {
    if (registered.has(table) || OWN_TABLES.has(table)) continue;
    if (list.some(({ column_name }) => column_name === 'bucket'))
      throw new TableNotMovableError(`${table} has a column bucket, but is not registered`);
  }
  const layout = (table: string, index: string | undefined, dependents: readonly TableLayout[] = []) =>
    layoutOf(table, columns.get(table) ?? [], index, dependents);
  const byNumber = registrations.filter(({ moves }) => moves?.by === 'number');
  const numbers: TableLayout[] = [];
  for (const { table, moves } of byNumber) {
    if (moves?.by !== 'number') continue;
    const { found = 'by index' } = moves;
    if (typeof found === 'object') {
      if (!byNumber.some((other) => other.table === found.with))
        throw new TableNotMovableError(`${table} is found with ${found.with}, which does not move by number`);
      continue;
    }
    const index = indexes.get(table)?.find(({ second }) => second === 'number')?.index_name;
    if (index === undefined && found === 'by index')
      throw new TableNotMovableError(`${table} has no index that begins with bucket, number`);
    const dependents = byNumber.filter(
      (other) =>
        other.moves?.by === 'number' &&
        typeof other.moves.found === 'object' &&
        other.moves.found.with === table,
    );
    numbers.push(
      layout(
        table,
        index,
        dependents.map((dependent) => layout(dependent.table, undefined)),
      ),
    );
  }
  const keys = registrations
    .filter(({ moves }) => moves?.by === 'key')
    .map(({ table }) => {
      const index = indexes.get(table)?.[0]?.index_name;
      if (index === undefined)
        throw new TableNotMovableError(`${table} has no index that begins with bucket`);
      return layout(table, index);
    });
  const texts = registrations.flatMap(({ table, moves }) => {
    if (moves?.by !== 'text') return [];
    const index = indexes.get(table)?.find(({ second }) => second === moves.column)?.index_name;
    return [textLayoutOf(layout(table, index), columns.get(table)!, moves)];
  });
  const outboxes = registrations
    .filter(({ outbox }) => outbox === true)
    .map(({ table }) =>
      layoutOf(
        table,
        (columns.get(table) ?? []).filter(({ column_name }) => column_name !== 'id'),
        undefined,
        [],
      ),
    );
  return { numbers, keys, texts, outboxes };
}

/** The names of all tables of a list with their dependents. */
export function tableNames(tables: readonly TableLayout[]): readonly string[] {
  return tables.flatMap(({ table, dependents }) => [table, ...dependents.map((each) => each.table)]);
}

/** Collations that never take two texts for the same key when the router takes them for two. */
const EXACT = /^(?:utf8mb4|ascii)\w*_bin$/;

function textLayoutOf(
  layout: TableLayout,
  columns: readonly ColumnRow[],
  { column: name, endsAlone }: MovesByText,
): TextLayout {
  const { table, index } = layout;
  const column = columns.find(({ column_name }) => column_name === name);
  if (column === undefined) throw new TableNotMovableError(`${table} has no column ${name}`);
  const { data_type: type, collation } = column;
  const binary = type === 'varbinary';
  if (!binary && !((type === 'varchar' || type === 'char') && EXACT.test(collation ?? '')))
    throw new TableNotMovableError(
      `${table}.${name} is ${type} ${collation ?? ''}: a text key is a VARCHAR or CHAR of utf8mb4 or ascii with a binary collation, or a VARBINARY`,
    );
  if (index === undefined)
    throw new TableNotMovableError(`${table} has no index that begins with bucket, ${name}`);
  const of = `r.\`${name}\``;
  const hex = `LOWER(HEX(${binary ? of : `CONVERT(${of} USING utf8mb4)`}))`;
  return { ...layout, column: of, hex, endsAlone: endsAlone === true };
}

function layoutOf(
  table: string,
  columns: readonly ColumnRow[],
  index: string | undefined,
  dependents: readonly TableLayout[],
): TableLayout {
  if (columns.length === 0) throw new TableNotMovableError(`${table} is registered, but is not there`);
  const written = columns.filter(({ computed }) => Number(computed) === 0);
  const key = columns
    .filter(({ key_place }) => key_place !== null)
    .toSorted((a, b) => Number(a.key_place) - Number(b.key_place));
  if (key.length === 0) throw new TableNotMovableError(`${table} has no primary key`);
  return {
    table,
    columns: written.map(({ column_name }) => `\`${column_name}\``).join(', '),
    text: tupleOf(table, written),
    key: key.map(({ column_name }) => `r.\`${column_name}\``).join(', '),
    keyText: tupleOf(table, key),
    index,
    dependents,
  };
}

function tupleOf(table: string, columns: readonly ColumnRow[]): string {
  return `CONCAT('(', ${columns.map((column) => literalOf(table, column)).join(`, ',', `)}, ')')`;
}

/** Returns an SQL expression for the value of a column as a literal. The literal has exactly that value again. */
function literalOf(table: string, { column_name: name, data_type: type }: ColumnRow): string {
  const column = `r.\`${name}\``;
  if (PLAIN.has(type)) return `IFNULL(${column}, 'NULL')`;
  // As text, a FLOAT would lose digits.
  if (type === 'float') return `IFNULL(${column} * 1e0, 'NULL')`;
  if (type === 'bit') return `IFNULL(${column} + 0, 'NULL')`;
  if (QUOTED.has(type)) return `QUOTE(${column})`;
  if (type === 'json') return `QUOTE(CAST(${column} AS CHAR CHARACTER SET utf8mb4))`;
  if (BINARY.has(type)) return `IFNULL(CONCAT('x''', HEX(${column}), ''''), 'NULL')`;
  throw new TableNotMovableError(`${table}.${name}: columns of type ${type} are not moved`);
}
