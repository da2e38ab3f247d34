import { runCommand } from '@ordershard/process';
import { withShardSessions } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { DEFAULT_RETENTION, dropPartitionsBehind } from '../retention/drop-behind.ts';
import { DAYS_AHEAD, makePartitionsAhead } from '../retention/make-ahead.ts';
import { readOperatorSettings } from '../settings.ts';

/** Adds `retention` and what belongs to it. */
export function addRetentionCommands(program: Command): void {
  program
    .command('retention')
    .description('keeps the daily partitions: makes them ahead, drops them behind')
    .command('run')
    .description(
      `makes partitions for the next ${DAYS_AHEAD} UTC days; drops the days past their retention on request`,
    )
    .option(
      '--drop-unarchived',
      `drop days older than ${DEFAULT_RETENTION.rows} days although no archive keeps them`,
      false,
    )
    .action(({ dropUnarchived }: { dropUnarchived: boolean }) =>
      runCommand('shard-rebalance', async () => {
        const { shards, application } = await readOperatorSettings(process.env);
        const tables = application.TABLES;
        const reports = await withShardSessions(shards, async (session) => ({
          shard: session.shard,
          made: await makePartitionsAhead(session, tables),
          ...(dropUnarchived ? await dropPartitionsBehind(session, tables) : { dropped: {}, kept: [] }),
        }));
        for (const report of reports) process.stdout.write(`${JSON.stringify(report)}\n`);
        if (reports.some((report) => report.kept.length > 0)) process.exitCode = 3;
      }),
    );
}
