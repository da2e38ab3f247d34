/** What the router and its operators need to know of a table that an application keeps on the shards. */
export interface TableRegistration {
  readonly table: string;
  /**
   * How its daily partitions are cut: by the number its rows belong to (the column `number`), by the DATE column `day`,
   * or not at all.
   */
  readonly partitionedBy: 'number' | 'day' | 'nothing';
  /** An SQL condition on a row that will never change again. Days with other rows are not dropped. */
  readonly finalWhen?: string;
  /** Set for an outbox table, whose rows (`id`, `aggregateid`) must be relayed before what they tell of is dropped. */
  readonly outbox?: true;
}

/** The tables of the router itself that are partitioned. */
export const ROUTER_TABLES: readonly TableRegistration[] = [
  { table: 'applied_units', partitionedBy: 'number' },
];
