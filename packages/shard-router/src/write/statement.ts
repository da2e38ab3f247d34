import { InvalidUnitError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';

/** A statement with a `?` for each of its values. `Row` is what it selects. */
export interface Statement<Row = unknown> {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Never set: carries the type of the rows. */
  readonly row?: Row;
}

/** A query builder of Kysely. It is only compiled. */
export interface KyselyQuery<Row = unknown> {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] };
  execute(): Promise<Row[]>;
}

/** A query builder of knex, on its MySQL dialect. It is only compiled. */
export interface KnexQuery {
  toSQL(): { toNative(): { readonly sql: string; readonly bindings: readonly unknown[] } };
}

/** A statement in one of the forms in which a unit of work takes it. */
export type StatementLike<Row = unknown> = Statement<Row> | KyselyQuery<Row> | KnexQuery;

/** A statement that decides whether its unit is applied. */
export interface GuardStatement {
  readonly guard: StatementLike;
}

/** The texts of templates, which are the same object at each call of one place in the code. */
const known = new WeakMap<TemplateStringsArray, string>();

/** Returns a statement from a template: each `${value}` becomes a value of the statement, never a part of its text. */
export function sql<Row = unknown>(
  texts: TemplateStringsArray,
  ...values: readonly SqlValue[]
): Statement<Row> {
  let text = known.get(texts);
  if (text === undefined) {
    text = texts.join('?');
    known.set(texts, text);
  }
  return { sql: text, values };
}

/**
 * Makes a unit depend on an UPDATE or DELETE: when it changes no row, the unit does nothing at all. It must find its row
 * by a unique key, and stand first in its unit; only plain `INSERT … VALUES` may follow.
 */
export function guard(statement: StatementLike): GuardStatement {
  return { guard: statement };
}

/**
 * Returns the text and values of a statement in any of its forms. The values are checked later, when they are written.
 *
 * @throws InvalidUnitError for anything else
 */
export function statementOf(like: StatementLike): Statement {
  const { sql: text, values } = partsOf(like);
  if (typeof text === 'string' && Array.isArray(values)) return { sql: text, values: values as SqlValue[] };
  throw new InvalidUnitError('a statement of the unit is neither a template nor a query of Kysely or knex');
}

function partsOf(like: StatementLike): { readonly sql?: unknown; readonly values?: unknown } {
  // Compiled callers give no other; JavaScript ones may.
  if (typeof like !== 'object' || (like as unknown) === null) return {};
  if ('compile' in like) {
    const { sql: text, parameters } = like.compile();
    return { sql: text, values: parameters };
  }
  if ('toSQL' in like) {
    const { sql: text, bindings } = like.toSQL().toNative();
    return { sql: text, values: bindings };
  }
  return like;
}
