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
}

/** The tables of the router itself that hold rows of numbers. */
export const ROUTER_TABLES: readonly TableRegistration[] = [
  { table: 'applied_units', partitionedBy: 'number', carriedIn: 'applied_units_carried' },
  { table: 'applied_units_carried', partitionedBy: 'nothing' },
  { table: 'retention_holds', partitionedBy: 'nothing' },
];
