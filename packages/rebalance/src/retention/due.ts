import { readClock, type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { listPartitions } from '../sql/partitions.ts';
import { aggregateOf } from './aggregate.ts';
import { type Day, dayOf, dayOfPartition, missingPartitions } from './days.ts';
import { eachShard, type ShardProblem } from './each-shard.ts';
import { DAYS_AHEAD } from './make-ahead.ts';
import { planRetention } from './plan.ts';
import { DEFAULT_RETENTION, type RetentionDays } from './retention-days.ts';

/** The work that a run would do now on all shards. */
export interface RetentionDue {
  /** Partitions that are missing for the coming days. */
  readonly partitions: number;
  /** Partitions of events that are past their days. A run keeps those with an unpublished event. */
  readonly outboxPartitions: number;
  /** Days of orders that are past their retention, each counted on each shard that has it. */
  readonly days: number;
  /** Rows of those days, as the servers guess. */
  readonly estimatedRows: bigint;
  /** Shards that could not be asked. */
  readonly problems: readonly ShardProblem[];
}

/** Counts what a run would do now. Changes nothing. @throws RegistryError, and as `eachShard` does */
export async function retentionDue(
  cluster: OperatorCluster,
  retention: RetentionDays = DEFAULT_RETENTION,
): Promise<RetentionDue> {
  const { outbox } = aggregateOf(cluster.tables);
  const { answers, problems } = await eachShard(cluster, async (session) => {
    const today = dayOf(await readClock(session));
    return {
      partitions: await countMissing(session, cluster.tables, today),
      outboxPartitions: await countBefore(session, outbox, today - retention.outbox),
    };
  });
  const { days } = await planRetention(cluster, { retention, daysAhead: 0 });
  const due = days.filter((day) => day.due);
  return {
    partitions: answers.reduce((sum, { partitions }) => sum + partitions, 0),
    outboxPartitions: answers.reduce((sum, { outboxPartitions }) => sum + outboxPartitions, 0),
    days: due.length,
    estimatedRows: due.reduce((sum, { estimatedRows }) => sum + estimatedRows, 0n),
    problems,
  };
}

async function countMissing(
  session: ShardSession,
  tables: readonly TableRegistration[],
  today: Day,
): Promise<number> {
  let count = 0;
  for (const registration of tables) {
    if (registration.partitionedBy === 'nothing') continue;
    const present = await listPartitions(session, registration.table);
    count += missingPartitions(registration, present, today - 1, today + DAYS_AHEAD).length;
  }
  return count;
}

async function countBefore(session: ShardSession, tables: readonly string[], before: Day): Promise<number> {
  let count = 0;
  for (const table of tables)
    count += (await listPartitions(session, table)).filter(
      ({ name }) => (dayOfPartition(name) ?? before) < before,
    ).length;
  return count;
}
