import type { OperatorCluster } from '../cluster.ts';
import { retentionDue } from '../retention/due.ts';
import { DAYS_AHEAD } from '../retention/make-ahead.ts';
import type { RetentionDays } from '../retention/retention-days.ts';
import { tellProblems } from './tell-problems.ts';

/** What is to become of days of orders. */
export interface RetentionAsked {
  readonly retention: RetentionDays;
  readonly dropUnarchived: boolean;
  /** Where the archive is, if there is one. */
  readonly archive: string | undefined;
}

/** What a run would do now, with the numbers that will change. Shards that cannot be asked are told. */
export async function retentionQuestion(cluster: OperatorCluster, asked: RetentionAsked): Promise<string> {
  const { partitions, outboxPartitions, days, estimatedRows, problems } = await retentionDue(
    cluster,
    asked.retention,
  );
  tellProblems(problems);
  const ahead = `Make ${counted(partitions, 'partition')} for the next ${DAYS_AHEAD} days, drop ${counted(outboxPartitions, 'partition')} of published events older than ${asked.retention.outbox} days`;
  const orders = `${counted(days, 'day')} of orders older than ${asked.retention.rows} days (about ${estimatedRows.toLocaleString('en-US')} rows)`;
  if (asked.archive !== undefined) return `${ahead}, and archive ${orders} to ${asked.archive}?`;
  return asked.dropUnarchived
    ? `${ahead}, and DROP ${orders} WITHOUT an archive?`
    : `${ahead}? No archive is named: ${orders} stay.`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
