import { runCommand } from '@ordershard/process';
import { type Command, Option } from 'commander';
import { type Applied, applyConnect } from './apply.ts';
import type { Grouping } from './connector-config.ts';
import { removeConnect } from './remove.ts';
import { connectSettings } from './settings.ts';
import { connectStatus, statusTable } from './status.ts';

const SETTINGS = `
Settings: those of the relay, and ORDERSHARD_CONNECT_URL, ORDERSHARD_CONNECT_MYSQL_URLS and
ORDERSHARD_CONNECT_KAFKA_BROKERS (shards and brokers as the workers reach them, if that differs)`;

/** Adds the commands that let Debezium on Kafka Connect publish the outbox. */
export function addConnectCommands(program: Command): void {
  const connect = program
    .command('connect')
    .description('let Debezium on Kafka Connect publish the outbox tables, in place of the relay')
    .addHelpText('after', SETTINGS);
  connect
    .command('apply')
    .description('make the connectors, or change them to what is set; can be repeated')
    .addOption(
      new Option('--per <what>', 'one connector for each').choices(['table', 'shard']).default('table'),
    )
    .option('--shard <ids...>', 'these shards alone')
    .option('--take-over', 'end the leases of embedded relays', false)
    .option('--dry-run', 'show what would be done', false)
    .option('--json', 'print JSON', false)
    .action((options: ApplyFlags) =>
      runCommand('outbox', async () => {
        const { shard, ...rest } = options;
        const applied = await applyConnect(connectSettings(process.env), {
          ...rest,
          ...shardsOf(shard),
          report,
        });
        print(options.json ? JSON.stringify(applied, null, 2) : applied.map(described).join('\n'));
      }),
    );
  connect
    .command('status')
    .description('who publishes each table, how far and how well')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) =>
      runCommand('outbox', async () => {
        const status = await connectStatus(connectSettings(process.env));
        print(json ? JSON.stringify(status, null, 2) : statusTable(status));
      }),
    );
  connect
    .command('remove')
    .description('give the tables back to the embedded relay and remove the connectors; can be repeated')
    .option('--shard <ids...>', 'these shards alone')
    .option('--republish', 'do not wait for the connectors; all since they began is published again', false)
    .option('--json', 'print JSON', false)
    .action(({ republish, json, shard }: { republish: boolean; json: boolean; shard?: string[] }) =>
      runCommand('outbox', async () => {
        const removed = await removeConnect(connectSettings(process.env), {
          republish,
          ...shardsOf(shard),
          report,
        });
        print(
          json
            ? JSON.stringify(removed, null, 2)
            : removed.map((one) => `shard ${one.shard}, ${one.table}: embedded`).join('\n'),
        );
      }),
    );
}

interface ApplyFlags {
  readonly per: Grouping;
  readonly shard?: readonly string[];
  readonly takeOver: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

function shardsOf(ids: readonly string[] | undefined): { readonly shards?: readonly number[] } {
  return ids === undefined ? {} : { shards: ids.map(Number) };
}

function described({ connector, action, takenFrom, parked, changes }: Applied): string {
  const details = [
    ...(takenFrom.length === 0 ? [] : [`ends the relay of ${takenFrom.join(', ')}`]),
    ...(parked === 0 ? [] : [`publishes ${parked} parked rows first`]),
    ...(changes.length === 0 ? [] : [`changes ${changes.join(', ')}`]),
  ];
  return `${connector}: ${action}${details.length === 0 ? '' : `; ${details.join('; ')}`}`;
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}
