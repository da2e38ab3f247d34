import { Command, InvalidArgumentError, Option } from 'commander';
import type { MysqlFlavour } from '@ordershard/stack';

/** What the command line asks for. */
export interface DemoSettings {
  readonly orders: number;
  readonly seed: number;
  /** Orders a second at the most, on average over the day. */
  readonly rate?: number;
  readonly shards?: number;
  readonly mysql?: MysqlFlavour;
  /** Order lives under way at the highest peak. */
  readonly concurrency: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly stop: boolean;
  readonly chaos: boolean;
  readonly input?: string;
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0)
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

const EPILOGUE = `
Servers named by ORDERSHARD_MYSQL_URLS, ORDERSHARD_KAFKA_BROKERS and ORDERSHARD_MONGODB_URL are used as they are, in
databases and topics of the demo's own; what is not named is started. The shape of input files: packages/demo/INPUT.md.

Exit codes: 0 all right; 1 something missing, duplicated, different or failed; 2 usage or settings;
3 all right, but rows of the input file were refused; 130 interrupted.`;

/** The demo's command line; `run` gets its settings. Usage errors exit with 2. */
export function demoCommand(run: (settings: DemoSettings) => Promise<void>): Command {
  return new Command('demo')
    .description('plays a day of a food-delivery company against the real parts and compares every store')
    .addOption(
      new Option('--orders <n>', 'how many orders are placed')
        .default(5_000)
        .argParser(whole(1, 100_000_000))
        .conflicts('input'),
    )
    .option('--seed <n>', 'makes a run repeatable', whole(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--rate <n>', 'orders a second at the most, on average over the day', positive)
    .option('--shards <n>', 'MySQL shards', whole(1, 64))
    .addOption(new Option('--mysql <flavour>', 'which MySQL').choices(['9', '8.0', 'mariadb']))
    .option('--concurrency <n>', 'order lives under way at the highest peak', whole(1, 2_000), 48)
    .option('--input <file>', 'orders from a JSON-lines or .csv file')
    .option('--chaos', 'kill relay and projector with -9 on the way, several times', false)
    .option('--json', 'end standard output with one line of JSON; all else goes to standard error', false)
    .option('--keep', 'leave everything running at the end', false)
    .addOption(new Option('--stop', 'end what --keep left running').default(false))
    .allowExcessArguments(false)
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .action(run);
}
