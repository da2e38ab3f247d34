import { TopologyError } from '../errors.ts';
import type { TableRegistration } from '../topology/registry.ts';

/**
 * A table whose rows are written only in a scope that was opened for them. Its triggers compare each row with what the
 * scope has opened: with the number or the text key, or for rows of other keys with the bucket of the key.
 */
export type GuardedTable = {
  readonly table: string;
  /** The column of the bucket; `bucket` by default. */
  readonly bucket?: string;
} & (
  | {
      /** The column of the number that the row belongs to: a BIGINT, or its decimal text. */
      readonly number: string;
    }
  | {
      /** The column of the text key that the row belongs to, in utf8mb4 or as the bytes of its UTF-8. */
      readonly text: string;
    }
  | { readonly by: 'key' }
);

/** A name that can be quoted, short enough for the names of its triggers. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/;

/**
 * Checks the declarations of guarded tables.
 *
 * @throws TopologyError for an invalid name, and for a table that is declared twice
 */
export function checkGuardedTables(tables: readonly GuardedTable[]): readonly GuardedTable[] {
  const seen = new Set<string>();
  for (const declared of tables) {
    const { table, bucket = 'bucket' } = declared;
    const of = ownerColumnOf(declared);
    for (const name of of === undefined ? [table, bucket] : [table, bucket, of]) {
      if (typeof name !== 'string' || !NAME.test(name))
        throw new TopologyError(`a guarded table cannot have the name ${JSON.stringify(name)}`);
    }
    if (of === undefined && (declared as { readonly by?: unknown }).by !== 'key')
      throw new TopologyError(`table ${table}: its rows are neither of a number nor of a text nor of a key`);
    if (seen.has(table)) throw new TopologyError(`table ${table} is declared twice`);
    seen.add(table);
  }
  return tables;
}

/** The column of the number or text key that a row belongs to. */
export function ownerColumnOf(table: GuardedTable): string | undefined {
  if ('number' in table) return table.number;
  return 'text' in table ? table.text : undefined;
}

/** The guarded tables among those that an application has registered: those whose rows belong to a number, a text or a key. */
export function guardedTablesOf(registered: readonly TableRegistration[]): readonly GuardedTable[] {
  return registered.flatMap(({ table, outbox, moves }): readonly GuardedTable[] => {
    if (outbox === true) return [{ table, number: 'aggregateid' }];
    if (moves === undefined) return [];
    if (moves.by === 'text') return [{ table, text: moves.column }];
    return [moves.by === 'number' ? { table, number: 'number' } : { table, by: 'key' }];
  });
}
