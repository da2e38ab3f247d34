import { checkGuardedTables, type GuardedTable, ownerColumnOf } from './guarded-table.ts';

/** A trigger that refuses rows for which the scope was not opened. */
export interface GuardTrigger {
  readonly name: string;
  readonly table: string;
  readonly event: 'INSERT' | 'UPDATE' | 'DELETE';
  /** What it does: a compound statement. */
  readonly body: string;
}

/**
 * The three triggers of a guarded table. `@ordershard_rows` holds what the scope has opened, as `,bucket:number,…,`, or
 * `,bucket:x<hex of the text key>,`, in ASCII; a session that fences its writes itself says so with `@ordershard_bucket = -1`.
 *
 * @throws TopologyError for a declaration that is wrong
 */
export function guardTriggers(table: GuardedTable): readonly GuardTrigger[] {
  checkGuardedTables([table]);
  const owner = ownerColumnOf(table);
  const columns = [table.bucket ?? 'bucket', ...(owner === undefined ? [] : [owner])];
  const changed = `NOT (${columns.map((name) => `NEW.\`${name}\` <=> OLD.\`${name}\``).join(' AND ')})`;
  const trigger = (event: GuardTrigger['event'], refused: string): GuardTrigger => ({
    name: `${table.table}_guard_${event.toLowerCase()}`,
    table: table.table,
    event,
    body: bodyOf(table, refused),
  });
  return [
    trigger('INSERT', notOpened(table, 'NEW')),
    trigger('UPDATE', `(${notOpened(table, 'OLD')} OR ${changed})`),
    trigger('DELETE', notOpened(table, 'OLD')),
  ];
}

/** The statement that makes a guard. */
export function createTrigger({ name, table, event, body }: GuardTrigger): string {
  return `CREATE TRIGGER \`${name}\` BEFORE ${event} ON \`${table}\` FOR EACH ROW\n${body}`;
}

/**
 * Returns the statements that create the guards of some tables, for applications that do not migrate with `migrateShards`,
 * which does the same with its `tables`. A guard of the same name has to be dropped before.
 *
 * @throws TopologyError for a declaration that is wrong
 */
export function guardStatements(tables: readonly GuardedTable[]): readonly string[] {
  return checkGuardedTables(tables).flatMap((table) => guardTriggers(table).map(createTrigger));
}

function notOpened(table: GuardedTable, row: 'NEW' | 'OLD'): string {
  const bucket = `${row}.\`${table.bucket ?? 'bucket'}\``;
  const owner = `${row}.\`${ownerColumnOf(table)}\``;
  if ('number' in table) return notAmongRows(`${bucket}, ':', ${owner}`);
  if ('text' in table) return notAmongRows(`${bucket}, ':x', HEX(${owner})`);
  return `COALESCE(FIND_IN_SET(${bucket}, @ordershard_key_bucket), 0) = 0`;
}

/** INSTR is one memory search, because the variable is binary. `FIND_IN_SET` goes through a text character by character. */
function notAmongRows(row: string): string {
  return `COALESCE(INSTR(@ordershard_rows, CONCAT(',', ${row}, ',')), 0) = 0`;
}

function bodyOf(table: GuardedTable, refused: string): string {
  // The text has no quotes: the server would show the text of the trigger without their escapes.
  const what =
    ownerColumnOf(table) === undefined ? 'bucket of the row is' : 'bucket and number or key of the row are';
  return `BEGIN
  IF ${refused} AND NOT (@ordershard_bucket <=> -1) THEN
    SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1644, MESSAGE_TEXT = 'ordershard: ${what} not what this scope opened';
  END IF;
END`;
}
