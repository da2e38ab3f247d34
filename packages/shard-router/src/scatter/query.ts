import type { SqlValue } from '../pools/values.ts';
import { checkValues } from '../pools/values.ts';
import { type ColumnType, type OrderColumn, type OrderedType, orderValue } from './columns.ts';
import { ScatterQueryError } from './errors.ts';

/** A table that can be read over all shards. Only the names given here can appear in a statement. */
export interface ScatterTable {
  readonly table: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /**
   * Columns whose values no two rows of the table share. An order must contain them all, so that every row has a place of its
   * own.
   */
  readonly key: readonly string[];
  /** The column of the bucket that a row belongs to; default `bucket`. */
  readonly bucketColumn?: string;
  /** The column of the number that a row belongs to; default `number`. */
  readonly numberColumn?: string;
}

/** A condition on one column. `<`, `<=`, `>`, `>=` need a type that can be ordered by. */
export type ScatterCondition =
  | { readonly column: string; readonly is: '=' | '<>' | '<' | '<=' | '>' | '>='; readonly value: SqlValue }
  | { readonly column: string; readonly in: readonly SqlValue[] };

/** What is read: columns of rows that meet all conditions, in an order. */
export interface ScatterQuery {
  readonly from: ScatterTable;
  readonly select: readonly string[];
  readonly where?: readonly ScatterCondition[];
  readonly orderBy: readonly { readonly column: string; readonly direction?: 'asc' | 'desc' }[];
}

/** A query that was checked. Its identifiers are safe to put into a statement. */
export interface CheckedQuery {
  readonly table: string;
  readonly bucketColumn: string;
  readonly numberColumn: string;
  readonly select: readonly string[];
  readonly where: readonly ScatterCondition[];
  readonly order: readonly OrderColumn[];
}

const IDENTIFIER = /^(?!ordershard_)[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const OPERATORS = new Set(['=', '<>', '<', '<=', '>', '>=']);
const TYPES = new Set<string>(['integer', 'text', 'datetime', 'other']);
const MAX_LIST = 1_000;

/** Checks a query against its table. Throws {@link ScatterQueryError} naming what is wrong. */
export function checkQuery({ from, select, where = [], orderBy }: ScatterQuery): CheckedQuery {
  const { table, bucketColumn = 'bucket', numberColumn = 'number' } = from;
  for (const name of [table, bucketColumn, numberColumn, ...Object.keys(from.columns)]) checkIdentifier(name);
  for (const [column, type] of Object.entries(from.columns)) {
    if (!TYPES.has(type)) throw new ScatterQueryError(`column ${column}: ${type} is no type of a column`);
  }
  if (select.length === 0) throw new ScatterQueryError('no column is selected');
  for (const column of select) typeOf(from, column);
  for (const condition of where) checkCondition(from, condition);
  const order = orderBy.map(({ column, direction = 'asc' }) => {
    if (direction !== 'asc' && direction !== 'desc') {
      throw new ScatterQueryError(`column ${column}: an order goes asc or desc`);
    }
    return { column, type: orderedTypeOf(from, column), direction };
  });
  const ordered = new Set(order.map(({ column }) => column));
  if (ordered.size !== order.length) throw new ScatterQueryError('a column is ordered by twice');
  const lacking = from.key.filter((column) => !ordered.has(column));
  if (from.key.length === 0) throw new ScatterQueryError(`table ${table} has no key`);
  if (lacking.length > 0) {
    throw new ScatterQueryError(
      `the order lacks ${lacking.join(', ')} of the key of ${table}: rows could share a place`,
    );
  }
  return { table, bucketColumn, numberColumn, select: [...new Set(select)], where: [...where], order };
}

function checkIdentifier(name: string): void {
  if (!IDENTIFIER.test(name))
    throw new ScatterQueryError(`${JSON.stringify(name)} is no name of a table or column`);
}

function typeOf({ table, columns }: ScatterTable, column: string): ColumnType {
  if (!Object.hasOwn(columns, column))
    throw new ScatterQueryError(`table ${table} has no column ${JSON.stringify(column)}`);
  return columns[column]!;
}

function orderedTypeOf(from: ScatterTable, column: string): OrderedType {
  const type = typeOf(from, column);
  if (type === 'other') throw new ScatterQueryError(`column ${column} is of no type that can be ordered by`);
  return type;
}

function checkCondition(from: ScatterTable, condition: ScatterCondition): void {
  const { column } = condition;
  const type = typeOf(from, column);
  if ('in' in condition) {
    const { length } = condition.in;
    if (length === 0 || length > MAX_LIST) {
      throw new ScatterQueryError(`column ${column}: a list has 1 to ${MAX_LIST} values, not ${length}`);
    }
    for (const value of condition.in) checkConditionValue(column, type, value);
    return;
  }
  if (!OPERATORS.has(condition.is))
    throw new ScatterQueryError(`column ${column}: ${condition.is} is no comparison`);
  if (type === 'other' && condition.is !== '=' && condition.is !== '<>') {
    throw new ScatterQueryError(`column ${column} can only be compared for equality`);
  }
  checkConditionValue(column, type, condition.value);
}

/** A text that meets an integer column would be compared as a double, so types have to agree. */
function checkConditionValue(column: string, type: ColumnType, value: SqlValue): void {
  if (type === 'other') {
    checkValues([value]);
    return;
  }
  const right = type === 'integer' ? typeof value !== 'string' : true;
  if (!right || orderValue(type, value) === undefined) {
    throw new ScatterQueryError(`column ${column} is compared with a value that is no ${type}`);
  }
}
