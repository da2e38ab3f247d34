import type { PartitionsAhead } from '@ordershard/rebalance/partitions';

/** What every write needs and the tables of a shard lack, or will lack soon. */
export interface TableState {
  readonly shard: number;
  readonly partitions: PartitionsAhead;
  /** Accounts that guards run as and that are gone: the tables of these guards cannot be written. */
  readonly missingDefiners: readonly string[];
}
