import { readClock, type ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { rowsOf } from '../sql/aggregate-rows.ts';
import { selectOpenNumbers } from '../sql/retention/open-numbers.ts';
import { readPartitionSizes } from '../sql/retention/partition-sizes.ts';
import { HALF_GONE, readDays } from '../sql/retention/retention-days.ts';
import { type Aggregate, aggregateOf } from './aggregate.ts';
import { dayOf, dayOfPartition, isoDay } from './days.ts';
import { eachShard, type ShardProblem } from './each-shard.ts';
import { DEFAULT_RETENTION, type RetentionDays } from './retention-days.ts';

/** A day that a run would take off a shard, or will soon. */
export interface PlannedDay {
  readonly shard: number;
  /** The UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  /** From when on a run takes it: Unix time in milliseconds. */
  readonly dueAtMs: number;
  readonly due: boolean;
  /** As the server guesses. */
  readonly estimatedRows: bigint;
  readonly bytes: bigint;
  /** Numbers that would be carried over; counted for days that are due. */
  readonly open: number | undefined;
  /** How far it is, and why it goes no further. */
  readonly step: string | undefined;
  readonly keptFor: string | undefined;
}

const DAY_MS = 86_400_000;
/** Counting ends here. */
const MOST_COUNTED = 100_000;

/** Says what a run would do now, and in the next days. Changes nothing. @throws RegistryError, and as `eachShard` does */
export async function planRetention(
  cluster: OperatorCluster,
  { retention = DEFAULT_RETENTION, daysAhead = 3 }: { retention?: RetentionDays; daysAhead?: number } = {},
): Promise<{ readonly days: readonly PlannedDay[]; readonly problems: readonly ShardProblem[] }> {
  const aggregate = aggregateOf(cluster.tables);
  const { answers, problems } = await eachShard(cluster, (session) =>
    planOf(session, aggregate, retention, daysAhead),
  );
  const days = answers.flat().toSorted((a, b) => a.day.localeCompare(b.day) || a.shard - b.shard);
  return { days, problems };
}

async function planOf(
  session: ShardSession,
  { root, finalWhen }: Aggregate,
  retention: RetentionDays,
  daysAhead: number,
): Promise<readonly PlannedDay[]> {
  const { shard } = session;
  const planned: PlannedDay[] = [];
  const now = await readClock(session);
  const steps = new Map((await readDays(session)).map((row) => [row.day, row]));
  for (const { name, estimated_rows: rows, bytes } of await readPartitionSizes(session, root.table)) {
    const day = dayOfPartition(name);
    const dueAtMs = ((day ?? 0) + 1 + retention.rows) * DAY_MS;
    if (day === undefined || day >= dayOf(now) - retention.rows + daysAhead) continue;
    const due = dueAtMs <= now;
    const state = steps.get(isoDay(day));
    planned.push({
      shard,
      day: isoDay(day),
      dueAtMs,
      due,
      estimatedRows: BigInt(rows),
      bytes: BigInt(bytes),
      open: due
        ? (await selectOpenNumbers(session, rowsOf(root.table, name), finalWhen, MOST_COUNTED)).length
        : undefined,
      step: state?.step,
      keptFor: state?.kept_for ?? undefined,
    });
  }
  for (const [day, { step, kept_for: why }] of steps) {
    if (!HALF_GONE.has(step) || planned.some((known) => known.day === day)) continue;
    planned.push({
      shard,
      day,
      dueAtMs: Date.parse(`${day}T00:00:00Z`) + (1 + retention.rows) * DAY_MS,
      due: true,
      estimatedRows: 0n,
      bytes: 0n,
      open: undefined,
      step,
      keptFor: why ?? undefined,
    });
  }
  return planned;
}
