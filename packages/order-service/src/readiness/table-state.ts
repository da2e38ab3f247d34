import type { PartitionsAhead } from '@ordershard/rebalance/partitions';

/** What the tables of a shard lack, or will lack soon, of what every write needs. */
export interface TableState {
  readonly shard: number;
  readonly partitions: PartitionsAhead;
  /** Accounts that are gone and that guards run as: none of their tables can be written. */
  readonly missingDefiners: readonly string[];
}
