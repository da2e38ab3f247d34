import { userName } from '@ordershard/process';
import { type Command, Option } from 'commander';
import { textWithin } from './arguments.ts';
import { EXIT_HELP } from './exit-codes.ts';
import { type OutputFormat, OUTPUTS } from './output.ts';
import { widthOf, wrappedText } from './wrap.ts';

/** Characters of a reason and of a name: what keeps the least of them, books and leases, keeps these whole. */
const MAX_REASON = 240;
export const MAX_NAME = 64;

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
  return helpAfter(command, `${examples === '' ? '' : `Examples:${examples}\n\n`}${EXIT_HELP}`);
}

/** Adds paragraphs below a command's help, wrapped as the rest of it is. Lines that are indented stay whole. */
export function helpAfter(command: Command, text: string): Command {
  return command.addHelpText('after', () => `\n${wrappedText(text, widthOf(process.stdout))}`);
}

/** Adds a command that changes something: it asks first, and is noted in the audit log. */
export function changeCommand(parent: Command, text: CommandText): Command {
  return lookCommand(parent, text)
    .option('--dry-run', 'do all checks, say what would be done, change nothing', false)
    .option('--yes', 'do it without asking; needed where there is no terminal', false)
    .option('--reason <text>', 'why, for the audit log', textWithin(MAX_REASON))
    .option('--by <name>', 'who does it, for the audit log', textWithin(MAX_NAME), userName());
}
