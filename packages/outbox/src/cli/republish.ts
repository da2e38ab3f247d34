import { createInterface } from 'node:readline/promises';
import { runCommand, userName } from '@ordershard/process';
import { withShardSessions } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { relaySettings } from '../relay/settings.ts';
import { republish, type RepublishReport } from '../republish/republish.ts';
import type { Selector } from '../republish/selector.ts';
import { listRuns } from '../sql/republish/runs.ts';
import { commandShards } from './shard-settings.ts';

/** Runs that are shown of each shard. */
const SHOWN = 20;

interface Flags {
  readonly order?: string[];
  readonly event?: string[];
  readonly from?: string;
  readonly to?: string;
  readonly shard?: string;
  readonly topic?: string;
  readonly toTopic?: string;
  readonly rate?: string;
  readonly reason?: string;
  readonly by: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly history: boolean;
}

/** Adds the command that publishes events again. */
export function addRepublishCommand(program: Command): void {
  program
    .command('republish')
    .description('publish events again from their rows, as they were, marked by a header; live events go on')
    .option('--order <number...>', 'of these orders')
    .option('--event <id...>', 'these events')
    .option('--from <time>', 'that happened from then on (RFC 3339)')
    .option('--to <time>', 'that happened before then')
    .option('--shard <n>', 'of one shard')
    .option('--topic <name>', 'of one outbox topic, such as orders')
    .option('--to-topic <name>', 'send to another Kafka topic (without the prefix)')
    .option('--rate <n>', 'events a second at the most (2000)')
    .option('--reason <text>', 'why; it is kept')
    .option('--by <name>', 'who does it', userName())
    .option('--dry-run', 'count only', false)
    .option('--yes', 'do not ask', false)
    .option('--json', 'for programs', false)
    .option('--history', 'show the last runs', false)
    .addHelpText(
      'after',
      `
What is said applies together. What the relay has not published yet is left out. Exit codes: 0 done, 1 failed, 2 wrong
usage.

Example: a consumer has lost an hour
  outbox republish --from 2026-01-02T12:00:00Z --to 2026-01-02T13:00:00Z --dry-run
  outbox republish --from 2026-01-02T12:00:00Z --to 2026-01-02T13:00:00Z --reason "search index lost"`,
    )
    .action((flags: Flags, command: Command) =>
      runCommand('outbox', async () => {
        if (flags.history) await showHistory(flags.json);
        else await run(flags, command);
      }),
    );
}

async function run(flags: Flags, command: Command): Promise<void> {
  const wholeNumber = (text: string | undefined, name: string) => {
    if (text === undefined) return undefined;
    if (!/^(0|[1-9]\d{0,8})$/.test(text)) command.error(`--${name} must be a whole number`, { exitCode: 2 });
    return Number(text);
  };
  const { order: orders, event: events, from, to, topic } = flags;
  const selector: Selector = { orders, events, from, to, topic, shard: wholeNumber(flags.shard, 'shard') };
  const settings = relaySettings(process.env);
  const options = {
    selector,
    by: flags.by,
    reason: flags.reason ?? '',
    toTopic: flags.toTopic,
    rate: wholeNumber(flags.rate, 'rate'),
  };
  if (flags.dryRun || !flags.yes) {
    const counted = await republish(settings, { ...options, dryRun: true });
    if (!flags.json || flags.dryRun) show(counted, flags.json);
    if (flags.dryRun) return;
    if (!(await confirmed(counted))) command.error('not confirmed; --yes does not ask', { exitCode: 2 });
  }
  let told = performance.now();
  const done = await republish(settings, {
    ...options,
    progress: (sent, of) => {
      if (performance.now() - told < 1_000) return;
      told = performance.now();
      process.stderr.write(`${sent} of ${of} events\n`);
    },
  });
  show(done, flags.json);
}

async function confirmed(counted: RepublishReport): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const events = counted.tables.reduce((sum, table) => sum + table.events, 0);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Publish ${events} events again? (yes) `);
  terminal.close();
  return answer.trim() === 'yes';
}

function show({ run: id, dryRun, tables }: RepublishReport, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ run: id, dryRun, tables })}\n`);
    return;
  }
  for (const { shard, table, topic, events, bytes, first, last, unpublished, sent, notSent } of tables) {
    const left = unpublished === 0 ? '' : `, ${unpublished} left out: not published yet`;
    const result = dryRun ? '' : `, ${sent} sent${notSent === 0 ? '' : `, ${notSent} not`}`;
    process.stdout.write(
      `shard ${shard}  ${table} → ${topic}: ${events} events, ${bytes} bytes, ${first} to ${last}${left}${result}\n`,
    );
  }
  const all = tables.reduce((sum, table) => sum + (dryRun ? table.events : table.sent), 0);
  process.stdout.write(dryRun ? `${all} events would be published again\n` : `run ${id}: ${all} events\n`);
}

async function showHistory(json: boolean): Promise<void> {
  const shards = await withShardSessions(await commandShards(process.env), async (session) =>
    (await listRuns(session, SHOWN)).map((one) => ({ shard: session.shard, ...one })),
  );
  const runs = shards.flat().toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  if (json) process.stdout.write(`${JSON.stringify(runs)}\n`);
  else
    for (const one of runs)
      process.stdout.write(
        `${one.startedAt} UTC  shard ${one.shard}  ${one.events} events to ${one.topic}  by ${one.by}  ` +
          `${one.finishedAt === null ? 'cut off' : 'done'}  ${one.selector}  ${one.reason}\n`,
      );
}
