import { runCommand } from '@ordershard/process';
import type { Command } from 'commander';
import { DONE } from '../rebuild/copy.ts';
import { Rebuild } from '../rebuild/rebuild.ts';
import { ORDER_VIEWS_PROJECTION } from '../views/collections.ts';
import { orderViews } from '../views/order-views.ts';
import { ProgressLine } from '../verify/report.ts';
import { type OperatorParts, withOperatorParts } from './operator-parts.ts';
import { operatorSettings } from './operator-settings.ts';
import { positive, stopSignal } from './options.ts';

interface RebuildFlags {
  readonly chunk: number;
  readonly rate: number;
  readonly patience: number;
}

/** Adds `rebuild` and its steps. */
export function addRebuildCommands(program: Command): void {
  const steps = program.command('rebuild').description('build the views anew, beside those that are served');
  const step = (
    name: string,
    text: string,
    act: (rebuild: Rebuild, flags: RebuildFlags, parts: OperatorParts) => Promise<object>,
  ) =>
    steps
      .command(name)
      .description(text)
      .option('--chunk <n>', 'orders read at once', positive, 1_000)
      .option('--rate <n>', 'orders a second at the most', positive, 20_000)
      .option('--patience <s>', 'seconds that instances are waited for', positive, 60)
      .action((flags: RebuildFlags) => run(name, flags, act));
  step('start', 'begin a new collection and fill it', async (rebuild, flags, parts) => {
    await rebuild.start();
    return fill(rebuild, flags, parts);
  });
  step('resume', 'go on filling the new collection', fill);
  step('status', 'say how far it is', (rebuild) => rebuild.status());
  step(
    'switch',
    'serve the new collection, if it is at least as far and equals the orders',
    async (rebuild, flags) => {
      await rebuild.switch({ ...flags, signal: stopSignal() });
      return rebuild.status();
    },
  );
  step('rollback', 'serve the old collection again', async (rebuild) => {
    await rebuild.rollBack();
    return rebuild.status();
  });
  step('finish', 'drop the old collection: there is no way back after it', async (rebuild) => ({
    dropped: await rebuild.end('new'),
  }));
  step('abort', 'drop the new collection', async (rebuild) => ({ dropped: await rebuild.end('old') }));
}

async function fill(rebuild: Rebuild, { chunk, rate }: RebuildFlags, { db }: OperatorParts): Promise<object> {
  const { build } = await rebuild.status();
  const total = build === undefined ? 0 : await orderViews(db, build.from).estimatedDocumentCount();
  const line = new ProgressLine();
  const progress = await rebuild.copy({
    chunk,
    rate,
    signal: stopSignal(),
    report: ({ phase, copied, carriedOver }) => {
      line.tell(`rebuild: ${phase}`, copied + carriedOver, Math.max(total, copied + carriedOver));
    },
  });
  line.end();
  if (progress.phase !== DONE) process.exitCode = 1;
  const { phase, copied, carriedOver } = progress;
  return { collection: build?.collection, phase, copied, carriedOver };
}

async function run(
  name: string,
  flags: RebuildFlags,
  act: (rebuild: Rebuild, flags: RebuildFlags, parts: OperatorParts) => Promise<object>,
): Promise<void> {
  await runCommand(`read-model rebuild ${name}`, () => {
    const patienceMs = flags.patience * 1_000;
    return withOperatorParts(operatorSettings(process.env), patienceMs, async (parts) => {
      const rebuild = new Rebuild(parts, ORDER_VIEWS_PROJECTION, patienceMs);
      const result = await act(rebuild, flags, parts);
      const text = JSON.stringify(result, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      process.stdout.write(`${text}\n`);
    });
  });
}
