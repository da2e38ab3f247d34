#!/usr/bin/env node
import { Command } from 'commander';
import { createLogger, runProcess, SettingsError } from '@ordershard/process';
import { addEraseCommand } from './erasure/erase-command.ts';
import { migrate } from './migrate.ts';
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

await program.parseAsync();

/** Migrates and logs what was done on each shard. Exits with 2 for wrong settings, with 1 for a failure. */
async function runMigrate(): Promise<void> {
  const log = createLogger('migrate', process.env['ORDERSHARD_LOG_LEVEL'] ?? 'info');
  try {
    const { clusterId, shards } = readShardSettings(process.env);
    for (const { shard, applied } of await migrate(clusterId, shards))
      log.info({ shard, applied }, 'migrated');
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
      return;
    }
    log.fatal({ err: error }, 'cannot migrate');
    process.exitCode = 1;
  }
}
