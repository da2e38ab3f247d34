import type { TableState } from './table-state.ts';

/** With partitions for fewer days ahead than this, an operator has to look: every day, seven days ahead are made. */
const FEW_DAYS = 3;

/** What is wrong, or will be soon, with the tables of a shard. */
export function degradedTables({ shard, partitions, missingDefiners }: TableState): readonly string[] {
  return [
    ...(partitions.days < FEW_DAYS ? [`partitions of shard ${shard}`] : []),
    ...(missingDefiners.length > 0 ? [`guards of shard ${shard}`] : []),
  ];
}

/** Whether a shard takes no orders today, because of what its tables lack. */
export function takesNoOrders({ partitions, missingDefiners }: TableState): boolean {
  return partitions.days < 0 || missingDefiners.length > 0;
}

/** The state of the tables as the answer shows it: without the accounts of the servers, which its readers need not know. */
export function shownTables({ shard, partitions, missingDefiners }: TableState) {
  return {
    shard,
    partitionsUntil: partitions.until ?? null,
    daysAhead: partitions.days,
    ...(missingDefiners.length === 0 ? {} : { guards: 'made by a user that is gone' }),
  };
}
