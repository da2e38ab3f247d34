import type { QueryOptions } from 'mysql2';
import { checkText } from './values.ts';

const NO_VALUES: readonly never[] = Object.freeze([]);

/** Whether something is one value, and no object of named ones. */
function isOneValue(values: object): boolean {
  return (
    values instanceof Date ||
    values instanceof Uint8Array ||
    values instanceof Blob ||
    'toSqlString' in values
  );
}

/**
 * The values of a statement, so that the driver looks for named places only where an object of named values is given: in a
 * text without values it would take `?` and `:name` in comments and quoted names for places.
 *
 * @throws InvalidValueError for a text that is no Unicode
 */
export function valuesOf(method: 'query' | 'execute', values: unknown): unknown {
  if (values === undefined || values === null) return NO_VALUES;
  if (Array.isArray(values)) {
    for (let i = 0; i < values.length; i += 1) {
      const value: unknown = values[i];
      if (typeof value === 'string') checkText(value, i);
    }
    return values;
  }
  if (typeof values === 'object' && !isOneValue(values)) return values;
  return method === 'query' ? [values] : values;
}

/** Returns a statement's options as a copy for the driver, because the driver writes into them. */
export function statementOf(
  method: 'query' | 'execute',
  sql: string | QueryOptions,
  values: unknown,
): QueryOptions {
  const options: QueryOptions = typeof sql === 'string' ? { sql } : { ...sql };
  options.values = valuesOf(method, values ?? options.values) as NonNullable<QueryOptions['values']>;
  return options;
}
