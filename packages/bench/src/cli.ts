import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shareCompileCache } from '@ordershard/stack';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Benchmark, BenchOptions } from './benchmark.ts';
import { exitOnSignals } from './exit-on-signals.ts';

const HERE = import.meta.dirname;

/** The benchmarks: each folder beside this file that holds a `bench.ts`. */
const NAMES = readdirSync(HERE)
  .filter((name) => existsSync(join(HERE, name, 'bench.ts')))
  .toSorted();

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it is a whole number above 0');
}

const words = (text: string): readonly string[] => text.split(',');
const numbers = (text: string): readonly number[] => words(text).map(positive);

type Settings = Omit<BenchOptions, 'progress'> & { readonly json?: boolean; readonly events?: number };

exitOnSignals();
shareCompileCache();
await new Command('npm run bench --')
  .description('Runs a benchmark and prints a table')
  .addArgument(new Argument('<name>', 'which one').choices(NAMES))
  .option('--rounds <n>', 'rounds of each thing that is measured', positive)
  .option('--callers <n,…>', 'numbers of callers', numbers)
  .option('--only <name,…>', 'the contenders that take part', words)
  .option('--count <n>', 'how many things are done', positive)
  .option('--events <n>', 'the same as --count, where events are counted', positive)
  .addOption(new Option('--mysql <flavour>', 'which MySQL it runs on').choices(['9', '8.0']))
  .option('--plot', 'draws the plot in docs/benchmarks anew')
  .option('--json', 'prints the figures as JSON on the last line too')
  .showHelpAfterError()
  .action(async (name: string, { json, events, ...settings }: Settings) => {
    const benchmark = (await import(pathToFileURL(join(HERE, name, 'bench.ts')).href)) as Benchmark;
    const result = await benchmark.run({
      ...settings,
      ...(events === undefined ? {} : { count: events }),
      progress: (message) => process.stderr.write(`${message}\n`),
    });
    process.stdout.write(`${result.table}\n`);
    if (json === true) process.stdout.write(`${JSON.stringify(result.json)}\n`);
  })
  .parseAsync();
