import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_HELP } from './exit-codes.ts';
import { type OutputFormat, OUTPUTS } from './output.ts';

/** The options that every command has. */
export interface CommonFlags {
  readonly output: OutputFormat;
}

/** The options that every command that changes something has. */
export interface ChangeFlags extends CommonFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly reason?: string;
  readonly by: string;
}

export interface CommandText {
  /** Its name and arguments, as commander takes them: `add <shard>`. */
  readonly syntax: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What more a tired person should know; shown by the command's own `--help`. */
  readonly description?: string;
  /** Lines to copy, without the name of the program. */
  readonly examples?: readonly string[];
}

/** Adds a command that only looks. */
export function lookCommand(parent: Command, text: CommandText): Command {
  const command = parent
    .command(text.syntax)
    .summary(text.summary)
    .description([text.summary, text.description].filter(Boolean).join('\n\n'))
    .addOption(
      new Option('--output <format>', 'how the result is printed').choices(OUTPUTS).default('table'),
    );
  const examples = (text.examples ?? []).map((line) => `\n  shard-rebalance ${line}`).join('');
  return command.addHelpText('after', `${examples === '' ? '' : `\nExamples:${examples}\n`}\n${EXIT_HELP}`);
}

/** Adds a command that changes something: it asks first, and is noted in the audit log. */
export function changeCommand(parent: Command, text: CommandText): Command {
  return lookCommand(parent, text)
    .option('--dry-run', 'do all checks, say what would be done, change nothing', false)
    .option('--yes', 'do it without asking; needed where there is no terminal', false)
    .option('--reason <text>', 'why, for the audit log')
    .option('--by <name>', 'who does it, for the audit log', userInfo().username);
}

/** Reads a shard's id. */
export function shardId(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) < 1_024) return Number(text);
  throw new InvalidArgumentError('a shard id is a whole number from 0 to 1023');
}

/** Reads a whole number. */
export function whole(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a whole number');
}

/** Reads a whole number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it is a whole number above 0');
}
