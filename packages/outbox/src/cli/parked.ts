import { runCommand, userName } from '@ordershard/process';
import { withShardSessions } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { NothingParkedError } from '../errors.ts';
import { discardParked } from '../sql/parked/discard-parked.ts';
import { listParked, type ParkedFilter, type ParkedRow } from '../sql/parked/list-parked.ts';
import { releaseParked } from '../sql/parked/release-parked.ts';
import { commandShards } from './shard-settings.ts';

/** Rows of a shard that are shown at the most. */
const SHOWN = 1_000;

/** Adds the commands for rows that Kafka has refused. */
export function addParkedCommands(program: Command): void {
  const parked = program
    .command('parked')
    .description('rows that Kafka refused for what they are, and what waits behind them')
    .addHelpText(
      'after',
      `
Example, at night: what is refused, and why; after the topic was made to take it, let all go
  outbox parked list
  outbox parked retry --all`,
    );

  parked
    .command('list')
    .description('shows them, of all shards')
    .option('--order <number>', 'of one order')
    .option('--discarded', 'those given up too', false)
    .option('--json', 'for programs', false)
    .action(({ json, discarded, ...filter }: ParkedFilter & { json: boolean; discarded: boolean }) =>
      runCommand('outbox', async () => {
        const shards = await withShardSessions(await commandShards(process.env), async (session) => ({
          shard: session.shard,
          rows: await listParked(session, filter, { discarded, limit: SHOWN }),
        }));
        const rows = shards.flatMap(({ shard, rows: some }) => some.map((row) => ({ shard, ...row })));
        process.stdout.write(
          json ? `${JSON.stringify(rows)}\n` : rows.map(describe).join('') || 'nothing is parked\n',
        );
      }),
    );

  parked
    .command('retry')
    .description('lets orders go: the relay publishes their rows next, in their order')
    .option('--order <number>', 'one order')
    .option('--event <id>', "one event's order")
    .option('--all', 'every order')
    .option('--by <name>', 'who does it', userName())
    .action(({ by, all, order, event }: ParkedFilter & { by: string; all?: true }, command: Command) =>
      runCommand('outbox', async () => {
        if (all !== true && order === undefined && event === undefined)
          command.error('say which: --order, --event or --all', { exitCode: 2 });
        const released = await withShardSessions(await commandShards(process.env), (session) =>
          releaseParked(session, { order, event }, by),
        );
        const rows = released.reduce((sum, count) => sum + count, 0);
        if (rows === 0) throw new NothingParkedError('nothing of that is parked');
        process.stdout.write(`${rows} rows are let go\n`);
      }),
    );

  parked
    .command('discard')
    .description('gives one event up for good: it is never published, and what waits behind it goes on')
    .requiredOption('--event <id>', 'which')
    .requiredOption('--reason <text>', 'why; it is kept with the row')
    .option('--by <name>', 'who does it', userName())
    .action(({ event, reason, by }: { event: string; reason: string; by: string }) =>
      runCommand('outbox', async () => {
        const discarded = await withShardSessions(await commandShards(process.env), (session) =>
          discardParked(session, event, by, reason.slice(0, 255)),
        );
        if (!discarded.includes(true)) throw new NothingParkedError(`no event ${event} was refused`);
        process.stdout.write(`${event} is given up\n`);
      }),
    );
}

function describe({
  shard,
  table,
  id,
  order,
  eventId,
  reason,
  state,
  attempts,
  parkedAt,
}: ParkedRow & { shard: number }): string {
  const why = reason === null ? 'waits behind a refused one' : `refused ${attempts} times: ${reason}`;
  return `shard ${shard}  ${table} ${id}  order ${order}  event ${eventId}  ${state} since ${parkedAt} UTC  ${why}\n`;
}
