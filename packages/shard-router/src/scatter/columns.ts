import { compareCodePoints } from '../routing/text-order.ts';
import { ScatterOrderError } from './errors.ts';

/**
 * What rows can be ordered by, all NOT NULL: `integer` is BIGINT or smaller, `text` is of collation utf8mb4_bin (or an
 * ASCII `_bin`), `datetime` is DATETIME of any precision. `other` is for columns that are only selected or compared for
 * equality: an ENUM is ordered by its place in the list, other collations by weights that are not known here.
 */
export type ColumnType = 'integer' | 'text' | 'datetime' | 'other';

/** The types that a merge can order by. */
export type OrderedType = Exclude<ColumnType, 'other'>;

/** A value of an order column, ready to compare. */
export type OrderValue = bigint | string;

const DATETIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?$/;
const INTEGER = /^-?\d{1,20}$/;

/** Returns the value of an order column from a row or a cursor, ready to compare; undefined when it is not of the type. */
export function orderValue(type: OrderedType, value: unknown): OrderValue | undefined {
  switch (type) {
    case 'integer':
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
      return typeof value === 'string' && INTEGER.test(value) ? BigInt(value) : undefined;
    case 'text':
      return typeof value === 'string' && value.isWellFormed() ? value : undefined;
    case 'datetime':
      return typeof value === 'string' && DATETIME.test(value) ? value : undefined;
  }
}

/** Compares two values of a type as MySQL orders them. */
export function compareValues(type: OrderedType, a: OrderValue, b: OrderValue): number {
  if (a === b) return 0;
  if (type === 'text') return comparePadded(a as string, b as string);
  return a < b ? -1 : 1;
}

/**
 * Compares texts as utf8mb4_bin does: by code point, the shorter one filled up with spaces (its collation is PAD SPACE).
 * So 'a' and 'a ' are equal, and 'a\t' comes before both.
 */
function comparePadded(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  return compareCodePoints(a.padEnd(length), b.padEnd(length));
}

/** The values of a row's order columns. */
export type Position = readonly OrderValue[];

/** A column that rows are ordered by. */
export interface OrderColumn {
  readonly column: string;
  readonly type: OrderedType;
  readonly direction: 'asc' | 'desc';
}

/** Compares two positions in an order: below 0 when `a` comes first. */
export function comparePositions(order: readonly OrderColumn[], a: Position, b: Position): number {
  for (let i = 0; i < order.length; i += 1) {
    const { type, direction } = order[i]!;
    const result = compareValues(type, a[i]!, b[i]!);
    if (result !== 0) return direction === 'asc' ? result : -result;
  }
  return 0;
}

/** The position of a row. Throws {@link ScatterOrderError} when a column is NULL or not of its type. */
export function positionOf(
  order: readonly OrderColumn[],
  row: Readonly<Record<string, unknown>>,
  shard: number,
): Position {
  return order.map(({ column, type }) => {
    const value = orderValue(type, row[column]);
    if (value === undefined) {
      throw new ScatterOrderError(`shard ${shard}: column ${column} holds a value that is no ${type}`);
    }
    return value;
  });
}
