#!/usr/bin/env node
import { runProcess } from '@ordershard/process';
import { projectorSettings } from './projector/settings.ts';
import { startProjector } from './projector/start-projector.ts';

const USAGE = `usage: read-model project

Projects the orders' events into views in MongoDB, until stopped. Settings come from the environment:
  ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_MONGODB_URL, ORDERSHARD_TOPIC_PREFIX, ORDERSHARD_TOPIC_REPLICATION (1),
  ORDERSHARD_HEALTH_HOST (127.0.0.1), ORDERSHARD_HEALTH_PORT (0: any), ORDERSHARD_INSTANCE_ID,
  ORDERSHARD_LOG_LEVEL (info)
`;

const [command, ...rest] = process.argv.slice(2);
if (command === 'project' && rest.length === 0) {
  await runProcess('projector', async (log) => startProjector(projectorSettings(process.env), log));
} else {
  const asked = command === '--help' || command === '-h';
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : 2;
}
