import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { rowsOf } from '../sql/aggregate-rows.ts';
import { listPartitions } from '../sql/partitions.ts';
import { listHolds, type HoldRow } from '../sql/retention/holds.ts';
import { countRows, selectOpenNumbers } from '../sql/retention/open-numbers.ts';
import { readDays, type DayRow } from '../sql/retention/retention-days.ts';
import { type Aggregate, aggregateOf } from './aggregate.ts';
import { dayOfPartition, isoDay } from './days.ts';
import { eachShard, type ShardProblem } from './each-shard.ts';

/** What a shard keeps. */
export interface ShardRetentionStatus {
  readonly shard: number;
  /** The first and last UTC day with a partition of the root. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** The oldest day of an outbox table. */
  readonly oldestOutbox: string | undefined;
  /** Numbers that have outlived their day, and how many of them are not final or are held. */
  readonly carried: bigint;
  readonly carriedOpen: number;
  readonly holds: readonly HoldRow[];
  /** Days that are on their way out, and the newest day that is gone. */
  readonly days: readonly DayRow[];
  readonly lastDropped: string | undefined;
}

/** Reads what each shard keeps. @throws RegistryError, and as `eachShard` does */
export async function retentionStatus(cluster: OperatorCluster): Promise<{
  readonly shards: readonly ShardRetentionStatus[];
  readonly problems: readonly ShardProblem[];
}> {
  const aggregate = aggregateOf(cluster.tables);
  const { answers, problems } = await eachShard(cluster, (session) => statusOf(session, aggregate));
  return { shards: answers, problems };
}

async function statusOf(session: ShardSession, aggregate: Aggregate): Promise<ShardRetentionStatus> {
  const { root, finalWhen, outbox } = aggregate;
  const days = await daysOf(session, root.table);
  const oldest = await Promise.all(outbox.map(async (table) => (await daysOf(session, table))[0]));
  const rows = await readDays(session);
  return {
    shard: session.shard,
    oldest: days[0],
    newest: days.at(-1),
    oldestOutbox: oldest.filter((day) => day !== undefined).toSorted()[0],
    carried: await countRows(session, rowsOf(root.carriedIn)),
    carriedOpen: (await selectOpenNumbers(session, rowsOf(root.carriedIn), finalWhen, 1_000_000)).length,
    holds: await listHolds(session),
    days: rows.filter(({ step }) => step !== 'dropped'),
    lastDropped: rows.findLast(({ step }) => step === 'dropped')?.day,
  };
}

/** The days of which a table has a partition, oldest first. */
async function daysOf(session: ShardSession, table: string): Promise<string[]> {
  const partitions = await listPartitions(session, table);
  return partitions
    .map(({ name }) => dayOfPartition(name))
    .filter((day) => day !== undefined)
    .map(isoDay);
}
