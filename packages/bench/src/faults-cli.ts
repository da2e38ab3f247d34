import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shareCompileCache } from '@ordershard/stack';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitOnSignals } from './exit-on-signals.ts';
import { type FaultRun, type FaultRunOptions, passed } from './faults/fault-run.ts';
import { allFound, plantAll } from './faults/planted/series.ts';

const RUNS = join(import.meta.dirname, 'faults');

/** The fault runs: each folder of `faults` that holds a `run.ts`. */
const NAMES = readdirSync(RUNS)
  .filter((name) => existsSync(join(RUNS, name, 'run.ts')))
  .toSorted();

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('it is a whole number');
}

type Settings = Omit<FaultRunOptions, 'progress' | 'seed'> & {
  readonly seed?: number;
  readonly seeds?: number;
  readonly json?: boolean;
};

exitOnSignals();
shareCompileCache();
await new Command('npm run faults --')
  .description('Does faults to the system under load, and checks that nothing is lost, doubled or half done')
  .addArgument(new Argument('<name>', 'which run').choices(NAMES))
  .option('--count <n>', 'how many faults', whole)
  .option('--days <n>', 'how many days, of runs that live some', whole)
  .option('--seed <n>', 'which series of faults; drawn by default', whole)
  .option('--only <kind,…>', 'the kinds of faults that are done', (text) => text.split(','))
  .addOption(new Option('--mysql <flavour>', 'which MySQL it runs on').choices(['9', '8.0', 'mariadb']))
  .option('--planted <bug>', 'a bug that the product is given, to see whether it is found')
  .option(
    '--seeds <n>',
    'plants each bug (or that of --planted) with so many seeds, and tells how many find it',
    whole,
  )
  .option('--json', 'prints the figures as JSON on the last line too')
  .showHelpAfterError()
  .action(
    async (
      name: string,
      { json, seeds, seed = Math.floor(Math.random() * 1_000_000), ...settings }: Settings,
    ) => {
      const module = (await import(pathToFileURL(join(RUNS, name, 'run.ts')).href)) as FaultRun;
      const say = (message: string) => process.stderr.write(`${message}\n`);
      say(`seed ${seed}`);
      const tell = ({ table, figures }: { readonly table: string; readonly figures: unknown }) => {
        process.stdout.write(`${table}\n`);
        if (json === true) process.stdout.write(`${JSON.stringify(figures)}\n`);
      };
      if (seeds === undefined) {
        const result = await module.run({ ...settings, seed, progress: say });
        tell(result);
        if (!passed(result.figures)) process.exitCode = 1;
      } else {
        const result = await plantAll(module, { ...settings, seeds, seed, progress: say });
        tell(result);
        if (!allFound(result)) process.exitCode = 1;
      }
    },
  )
  .parseAsync();
