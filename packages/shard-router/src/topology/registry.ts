/** What the router and its operators need to know of a table that an application keeps on the shards. */
export interface TableRegistration {
  readonly table: string;
  /**
   * How its daily partitions are cut: by the number its rows belong to (the column `number`), by the DATE column `day`,
   * or not at all.
   */
  readonly partitionedBy: 'number' | 'day' | 'nothing';
  /**
   * An SQL condition on a row that will never change again; it makes the table the root of what a number stands for, with
   * one row a number. The numbers of other rows outlive their day.
   */
  readonly finalWhen?: string;
  /** The table without partitions, of the same columns and keys, for rows of numbers that outlive their day. */
  readonly carriedIn?: string;
  /** Set for an outbox table, whose rows (`id`, `aggregateid`) must be relayed before what they tell of is dropped. */
  readonly outbox?: true;
  /** How its rows move with their bucket. A table without it does not: its rows are the same on every shard, or a shard's own. */
  readonly moves?: MovesByNumber | MovesByKey | MovesByText;
}

/** Rows with the columns `number` and `bucket`, which go where the number's bucket goes. */
export interface MovesByNumber {
  readonly by: 'number';
  /**
   * How the rows of a bucket are found: by an index that begins with `bucket, number`, as is meant unless given; by the
   * numbers of another table, without one of whose rows none of this table is, and a primary key that begins with
   * `number`; or by reading a table whole that is small.
   */
  readonly found?: 'by index' | 'by scan' | { readonly with: string };
  /** Set where rows are taken away while their number stays, so that one that is gone after a move is no loss. */
  readonly endsAlone?: true;
}

/** Rows with the columns `bucket` and `key_generation`, which go where the key's bucket goes. An index begins with `bucket`. */
export interface MovesByKey {
  readonly by: 'key';
}

/**
 * Rows with the column `bucket` and a text key, which stay with their bucket whatever the epoch and go where the bucket of
 * texts goes. An index begins with `bucket` and the key's column.
 */
export interface MovesByText {
  readonly by: 'text';
  /**
   * The column that holds the text key, as the router is given it: a VARCHAR or CHAR of utf8mb4 or ascii with a binary
   * collation, or a VARBINARY of its UTF-8.
   */
  readonly column: string;
  /** Set where rows are taken away, so that one that is gone after a move is no loss. */
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
