import { runCommand, runProcess } from '@ordershard/process';
import type { Command } from 'commander';
import { ORDER_VIEWS_PROJECTION, servingCollection } from '../views/collections.ts';
import { orderViews } from '../views/order-views.ts';
import { startContinuous } from '../verify/continuous.ts';
import { countsTable, exitCodeOf, ProgressLine } from '../verify/report.ts';
import { runVerify } from '../verify/run-verify.ts';
import { withOperatorParts } from './operator-parts.ts';
import { operatorSettings } from './operator-settings.ts';
import { positive, stopSignal } from './options.ts';

interface VerifyFlags {
  readonly chunk: number;
  readonly rate: number;
  readonly patience: number;
  readonly restart: boolean;
  readonly json: boolean;
  readonly collection?: string;
  readonly continuous: boolean;
  readonly every: number;
}

/** The most differences that are listed by number; the rest is only counted. */
const LISTED = 1_000;

/** Adds `verify` and `repair`. */
export function addVerifyCommands(program: Command): void {
  for (const [name, text] of [
    ['verify', 'compare the orders on the shards with their views, and change nothing'],
    ['repair', 'compare the orders on the shards with their views, and mend what differs'],
  ] as const) {
    program
      .command(name)
      .description(text)
      .option('--chunk <n>', 'orders read at once', positive, 2_000)
      .option('--rate <n>', 'orders a second at the most', positive, 20_000)
      .option('--patience <s>', 'seconds that events on their way are waited for', positive, 60)
      .option('--collection <name>', 'the views; those that are served unless given')
      .option('--restart', 'begin anew where an earlier run has not ended', false)
      .option('--json', 'print the counts as JSON', false)
      .option('--continuous', 'go over all again and again until SIGTERM, with health endpoints', false)
      .option(
        '--every <s>',
        'seconds from the start of a pass to the next, with --continuous',
        positive,
        3_600,
      )
      .addHelpText(
        'after',
        '\nExit code: 0 equal, 3 differences, 4 views lag behind, 1 a server failed, 2 usage',
      )
      .action((flags: VerifyFlags) => (flags.continuous ? watch(name, flags) : once(name, flags)));
  }
}

async function once(name: 'verify' | 'repair', flags: VerifyFlags): Promise<void> {
  await runCommand(`read-model ${name}`, () =>
    withOperatorParts(operatorSettings(process.env), flags.patience * 1_000, async (parts) => {
      const views = orderViews(
        parts.db,
        flags.collection ?? (await servingCollection(parts.db, ORDER_VIEWS_PROJECTION)),
      );
      const total = await views.estimatedDocumentCount();
      const line = new ProgressLine();
      const differences: { number: string; kind: string; repaired: boolean }[] = [];
      const { chunk, rate, restart } = flags;
      const end = await runVerify(parts, views, {
        repair: name === 'repair',
        chunk,
        rate,
        restart,
        signal: stopSignal(),
        report: ({ counts }) => line.tell(name, counts.checked, total),
        found: ({ number, kind, repaired }) => {
          if (differences.length < LISTED) differences.push({ number: number.toString(), kind, repaired });
        },
      });
      line.end();
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ ...end.counts, finished: end.finished, differences })}\n`);
      } else {
        process.stdout.write(`${countsTable(end)}\n`);
        for (const { number, kind, repaired } of differences)
          process.stdout.write(`${kind} ${number}${repaired ? ' repaired' : ''}\n`);
      }
      process.exitCode = end.finished ? exitCodeOf(end) : 1;
    }),
  );
}

async function watch(name: 'verify' | 'repair', flags: VerifyFlags): Promise<void> {
  await runProcess(name, async (log) =>
    startContinuous(operatorSettings(process.env), log, { ...flags, repair: name === 'repair' }),
  );
}
