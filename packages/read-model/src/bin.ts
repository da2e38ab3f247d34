#!/usr/bin/env node
import { runCommand, runProcess } from '@ordershard/process';
import { Command } from 'commander';
import { addDlqCommands } from './cli/dlq-commands.ts';
import { addRebuildCommands } from './cli/rebuild-commands.ts';
import { addVerifyCommands } from './cli/verify-commands.ts';
import { projectorSettings } from './projector/settings.ts';
import { startProjector } from './projector/start-projector.ts';

const program = new Command('read-model')
  .description('The order views in MongoDB. Settings come from ORDERSHARD_ environment variables.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('project')
  .description("project the orders' events into views, until SIGTERM or SIGINT")
  .addHelpText(
    'after',
    `
Settings: ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_MONGODB_URL, ORDERSHARD_TOPIC_PREFIX,
ORDERSHARD_TOPIC_REPLICATION (1), ORDERSHARD_HEALTH_HOST (127.0.0.1), ORDERSHARD_HEALTH_PORT (0: any),
ORDERSHARD_INSTANCE_ID, ORDERSHARD_RETRY_DELAYS (5,60,600: seconds), ORDERSHARD_RELEASE,
ORDERSHARD_LOG_LEVEL (info),
ORDERSHARD_PROJECTIONS (order_views; also order_lists, shop_days), ORDERSHARD_PROJECTOR_MEMORY_MB (48),
ORDERSHARD_VIEW_LIFETIME_DAYS (none), ORDERSHARD_PROJECTOR_INPUT (snapshots; events, whose orders are read
from the shards: then ORDERSHARD_MYSQL_URLS and ORDERSHARD_CLUSTER too)`,
  )
  .action(() => runProcess('projector', async (log) => startProjector(projectorSettings(process.env), log)));

addVerifyCommands(program);
addRebuildCommands(program);
addDlqCommands(program);

await runCommand('read-model', () => program.parseAsync());
