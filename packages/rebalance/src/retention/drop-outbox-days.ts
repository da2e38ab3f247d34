import { RouterError } from '@ordershard/shard-router';
import { reasonOf } from '../errors.ts';
import { OperationLeaseLostError } from '../lease/errors.ts';
import { dropPartition, listPartitions } from '../sql/partitions.ts';
import { countUnsettledIn } from '../sql/settled.ts';
import { knownState } from './check-settled.ts';
import { type Day, dayOfPartition, isoDay } from './days.ts';
import { DayKeptError } from './errors.ts';
import { altering, type ShardRun } from './shard-run.ts';

/** The outcome for the days of the outbox tables. */
export interface OutboxDays {
  /** Names of partitions, by table. */
  readonly dropped: Readonly<Record<string, readonly string[]>>;
  readonly kept: readonly string[];
}

/** Drops the days of the outbox tables before `before`, oldest first. Stops in a table at a day with an unpublished event. */
export async function dropOutboxDays(run: ShardRun, before: Day): Promise<OutboxDays> {
  const dropped: Record<string, string[]> = {};
  const kept: string[] = [];
  for (const table of run.aggregate.outbox) {
    try {
      for (const { name } of await listPartitions(run.session, table)) {
        const day = dayOfPartition(name);
        if (day === undefined || day >= before) continue;
        const state = await knownState(run.session, table);
        const unsettled = await countUnsettledIn(run.session, table, name, state);
        if (unsettled > 0n)
          throw new DayKeptError(`${isoDay(day)}: ${unsettled} rows of ${table} are not published yet`);
        await altering(run, table, () => dropPartition(run.session, table, name));
        (dropped[table] ??= []).push(name);
      }
    } catch (error) {
      if (error instanceof OperationLeaseLostError || error instanceof RouterError) throw error;
      kept.push(reasonOf(error));
    }
  }
  return { dropped, kept };
}
