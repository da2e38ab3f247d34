#!/usr/bin/env node
import { Command } from 'commander';
import { createLogger, runCommand, runProcess } from '@ordershard/process';
import { addEraseCommand } from './erasure/erase-command.ts';
import { migrate } from './migrate.ts';
import { addLostOrdersCommand } from './recovery/lost-orders-command.ts';
import { startApi } from './serve.ts';
import { readApiSettings, readShardSettings } from './settings.ts';
import { addInflowCommands } from './throttle/inflow-command.ts';

const program = new Command('order-service').description(
  'The order service of Ordershard. Settings come from ORDERSHARD_ environment variables.',
);

program
  .command('serve')
  .description('serve the REST API until SIGTERM or SIGINT')
  .action(() => runProcess('api', (log) => startApi(readApiSettings(process.env), log)));

program
  .command('migrate')
  .description('make every shard ready: schema, fences, shard map, partitions; can be repeated')
  .action(runMigrate);

addInflowCommands(program);
addEraseCommand(program);
addLostOrdersCommand(program);

await runCommand('order-service', () => program.parseAsync());

/** Migrates and logs what was done on each shard. */
function runMigrate(): Promise<void> {
  return runCommand('order-service', async () => {
    const { clusterId, shards } = readShardSettings(process.env);
    const log = createLogger('migrate', process.env['ORDERSHARD_LOG_LEVEL'] ?? 'info');
    const reports = await migrate(clusterId, shards);
    for (const { shard, applied } of reports) log.info({ shard, applied }, 'migrated');
    for (const { id: shard } of shards)
      if (reports.every((report) => report.shard !== shard))
        log.info({ shard }, 'left alone: it is configured, and not added to the cluster');
  });
}
