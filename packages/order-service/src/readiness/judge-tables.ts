import type { TableState } from './table-state.ts';

/** With fewer days ahead than this, somebody has to look: seven are made every day. */
const FEW_DAYS = 3;

/** What is wrong, or will be soon, with the tables of a shard. */
export function degradedTables({ shard, partitions, missingDefiners }: TableState): readonly string[] {
  return [
    ...(partitions.days < FEW_DAYS ? [`partitions of shard ${shard}`] : []),
    ...(missingDefiners.length > 0 ? [`guards of shard ${shard}`] : []),
  ];
}

/** Whether no order can be placed on a shard for what its tables lack today. */
export function takesNoOrders({ partitions, missingDefiners }: TableState): boolean {
  return partitions.days < 0 || missingDefiners.length > 0;
}

/** The state of the tables for whoever reads the answer, who need not know the accounts of the servers. */
export function shownTables({ shard, partitions, missingDefiners }: TableState) {
  return {
    shard,
    partitionsUntil: partitions.until ?? null,
    daysAhead: partitions.days,
    ...(missingDefiners.length === 0 ? {} : { guards: 'made by a user that is gone' }),
  };
}
