#!/usr/bin/env node
import { createLogger, runCommand, runProcess } from '@ordershard/process';
import { Command } from 'commander';
import { FakeServer } from './fake/serve-fake.ts';
import { fakeSettings, workerSettings } from './settings.ts';
import { openWorkers, startWorker } from './worker/start-worker.ts';

const program = new Command('third-parties')
  .description(
    'Payment, shop confirmation and delivery dispatch of orders. Settings come from ORDERSHARD_ environment variables.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const SETTINGS = `
Settings: ORDERSHARD_MYSQL_URLS, ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_MONGODB_URL, ORDERSHARD_CLUSTER,
ORDERSHARD_TOPIC_PREFIX; for each of PAYMENT, SHOP, DELIVERY: ORDERSHARD_…_URL, ORDERSHARD_…_TOKEN,
ORDERSHARD_…_WITHIN_MS (600000, 900000, 1800000: then the order is cancelled); ORDERSHARD_CALL_TIMEOUT_MS (3000),
ORDERSHARD_CHECK_EVERY_MS (60000), ORDERSHARD_CHECK_AFTER_MS (120000), ORDERSHARD_CALLBACK_SECRET (callbacks are
taken with it), ORDERSHARD_CALLBACK_URL, ORDERSHARD_CALLBACK_HOST (127.0.0.1), ORDERSHARD_CALLBACK_PORT (0: any),
ORDERSHARD_HEALTH_HOST (127.0.0.1), ORDERSHARD_HEALTH_PORT (0: any), ORDERSHARD_INSTANCE_ID,
ORDERSHARD_LOG_LEVEL (info)`;

program
  .command('work')
  .description('call the third parties for what the orders need, until SIGTERM or SIGINT')
  .addHelpText('after', SETTINGS)
  .action(() => runProcess('third-parties', async (log) => startWorker(workerSettings(process.env), log)));

program
  .command('check')
  .description('look once at every order that hangs, and mend it; prints what was found')
  .addHelpText('after', SETTINGS)
  .action(() =>
    runCommand('third-parties', async () => {
      const log = createLogger('third-parties', process.env['ORDERSHARD_LOG_LEVEL'] ?? 'warn');
      const workers = await openWorkers(workerSettings(process.env), log);
      try {
        process.stdout.write(`${JSON.stringify(await workers.check())}\n`);
      } finally {
        await workers.close();
      }
    }),
  );

program
  .command('fake')
  .description('all three third parties, faked, with the failures of real ones; for development and tests')
  .addHelpText(
    'after',
    `
Settings: ORDERSHARD_CALLBACK_SECRET, ORDERSHARD_FAKE_SEED (1), ORDERSHARD_FAKE_HOST (127.0.0.1),
ORDERSHARD_FAKE_PORT (0: any). PUT /control changes how one behaves, GET /ledger gives what each has done.`,
  )
  .action(() =>
    runProcess('fake-third-parties', async () => {
      const fake = await FakeServer.start(fakeSettings(process.env));
      return { port: fake.port, stop: () => fake.stop() };
    }),
  );

await runCommand('third-parties', () => program.parseAsync());
