/** What the router and its operators need to know of a table that an application keeps on the shards. */
export interface TableRegistration {
  readonly table: string;
  /**
   * How its daily partitions are cut: by the number its rows belong to (the column `number`), by the DATE column `day`,
   * or not at all.
   */
  readonly partitionedBy: 'number' | 'day' | 'nothing';
  /**
   * An SQL condition that holds for a row that will never change again. It makes the table the root of what a number stands
   * for, with one row per number. The numbers of rows that do not meet it outlive their day.
   */
  readonly finalWhen?: string;
  /**
   * The name of a table without partitions, with the same columns and keys. It holds rows of numbers that outlive their day.
   */
  readonly carriedIn?: string;
  /** Set for an outbox table. Its rows (`id`, `aggregateid`) must be relayed before the data that they report is dropped. */
  readonly outbox?: true;
  /**
   * How its rows move with their bucket. Without `moves` they do not move: they are the same on every shard, or belong to one
   * shard.
   */
  readonly moves?: MovesByNumber | MovesByKey | MovesByText;
}

/** Rows with the columns `number` and `bucket`, which go where the number's bucket goes. */
export interface MovesByNumber {
  readonly by: 'number';
  /**
   * How a move finds the rows of a bucket. By index (the default): an index begins with `bucket, number`. With another table:
   * its numbers are looked up here, so every row here must have a row of its number there, and the primary key here must
   * begin with `number`. By scan: the move reads the whole table, which must be small.
   */
  readonly found?: 'by index' | 'by scan' | { readonly with: string };
  /** Set when rows are deleted while their number stays. Then a row that is gone after a move is no loss. */
  readonly endsAlone?: true;
}

/** Rows with the columns `bucket` and `key_generation`, which go where the key's bucket goes. An index begins with `bucket`. */
export interface MovesByKey {
  readonly by: 'key';
}

/**
 * Rows with the column `bucket` and a text key. In every epoch they stay with their bucket, and go where that bucket of texts
 * goes. An index begins with `bucket` and the key's column.
 */
export interface MovesByText {
  readonly by: 'text';
  /**
   * The column that holds the text key, as the router is given it: a VARCHAR or CHAR of utf8mb4 or ascii with a binary
   * collation, or a VARBINARY of its UTF-8.
   */
  readonly column: string;
  /** Set when rows are deleted. Then a row that is gone after a move is no loss. */
  readonly endsAlone?: true;
}

/** The tables of the router itself that hold rows of numbers. */
export const ROUTER_TABLES: readonly TableRegistration[] = [
  {
    table: 'applied_units',
    partitionedBy: 'number',
    carriedIn: 'applied_units_carried',
    moves: { by: 'number' },
  },
  { table: 'applied_units_carried', partitionedBy: 'nothing', moves: { by: 'number', found: 'by scan' } },
  {
    table: 'retention_holds',
    partitionedBy: 'nothing',
    moves: { by: 'number', found: 'by scan', endsAlone: true },
  },
];
