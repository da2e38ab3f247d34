#!/usr/bin/env node
import { runProcess } from '@ordershard/process';
import { relaySettings } from './relay/settings.ts';
import { startRelay } from './relay/start-relay.ts';

const USAGE = `usage: outbox relay

Publishes the outbox tables of all shards to Kafka, until stopped. Settings come from the environment:
  ORDERSHARD_MYSQL_URLS, ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_CLUSTER, ORDERSHARD_TOPIC_PREFIX,
  ORDERSHARD_TOPIC_PARTITIONS (6), ORDERSHARD_TOPIC_REPLICATION (1), ORDERSHARD_HEALTH_HOST (127.0.0.1),
  ORDERSHARD_HEALTH_PORT (0: any), ORDERSHARD_INSTANCE_ID, ORDERSHARD_LOG_LEVEL (info)
`;

const [command, ...rest] = process.argv.slice(2);
if (command === 'relay' && rest.length === 0) {
  await runProcess('relay', async (log) => startRelay(relaySettings(process.env), log));
} else {
  const asked = command === '--help' || command === '-h';
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : 2;
}
