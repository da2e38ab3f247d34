#!/usr/bin/env node
import { runCommand, runProcess } from '@ordershard/process';
import { Command } from 'commander';
import { addParkedCommands } from './cli/parked.ts';
import { addTopicsCommands } from './cli/topics.ts';
import { addConnectCommands } from './connect/command.ts';
import { addRepublishCommand } from './cli/republish.ts';
import { relaySettings } from './relay/settings.ts';
import { startRelay } from './relay/start-relay.ts';

const program = new Command('outbox')
  .description(
    'Events of the orders on their way to Kafka. Settings come from ORDERSHARD_ environment variables.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('relay')
  .description('publish the outbox tables of all shards, until SIGTERM or SIGINT')
  .addHelpText(
    'after',
    `
Settings: ORDERSHARD_MYSQL_URLS, ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_CLUSTER, ORDERSHARD_TOPIC_PREFIX,
ORDERSHARD_TOPIC_PARTITIONS (6), ORDERSHARD_TOPIC_REPLICATION (1), ORDERSHARD_INTERNAL_EVENTS (off; on: events
without their information too, to the topic orders.events), ORDERSHARD_HEALTH_HOST (127.0.0.1),
ORDERSHARD_HEALTH_PORT (0: any), ORDERSHARD_INSTANCE_ID, ORDERSHARD_LOG_LEVEL (info)`,
  )
  .action(() => runProcess('relay', async (log) => startRelay(relaySettings(process.env), log)));

addParkedCommands(program);
addRepublishCommand(program);
addTopicsCommands(program);
addConnectCommands(program);

await runCommand('outbox', () => program.parseAsync());
