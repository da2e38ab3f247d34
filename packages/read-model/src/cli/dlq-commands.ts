import { EVENT_TOPICS } from '@ordershard/order-events';
import { runCommand, userName } from '@ordershard/process';
import { type Command, Option } from 'commander';
import { NoSuchLetterError } from '../failures/errors.ts';
import { LETTER_STATES, type LetterState } from '../failures/letter.ts';
import { type Input, LetterStore } from '../failures/letter-store.ts';
import { LetterTopic } from '../failures/letter-topic.ts';
import { discardLetters, type KnownLetter, listLetters, replayLetters } from '../failures/operate.ts';
import type { LetterFilter } from '../failures/select.ts';
import { describeAction, describeLetter, letterJson, letterLine } from '../failures/report.ts';
import { letterSettings } from '../projector/settings.ts';
import { openMongo } from '../views/order-views.ts';
import { offsetOf, positive, timeOf } from './options.ts';

interface DlqParts {
  readonly topic: LetterTopic;
  readonly store: LetterStore;
}

interface InputFlag {
  readonly input?: Input;
}

type FilterFlags = InputFlag &
  Omit<LetterFilter, 'ids' | 'states'> & {
    readonly state?: LetterState;
    readonly limit: number;
    readonly json: boolean;
  };

interface DoingFlags extends FilterFlags {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly by: string;
  readonly why: string;
}

/** Letters that a command deals with at the most unless told otherwise. */
const LIMIT = 1_000;

/** Adds `dlq` and what can be done with dead letters. */
export function addDlqCommands(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('messages that could not be projected: look, send them round again, or give them up')
    .addHelpText(
      'after',
      `
A letter's id is its partition and offset in the dead-letter topic, such as 0-17.

Example, at night: what is there, one of them in full; after the fix, all of that reason once more
  read-model dlq list
  read-model dlq show 0-17
  read-model dlq replay --reason READ_MODEL_VIEW_REFUSED --why "validator removed" --dry-run
  read-model dlq replay --reason READ_MODEL_VIEW_REFUSED --why "validator removed"`,
    );

  withFilter(
    dlq.command('list').description('shows letters; those that wait unless --state says otherwise'),
  ).action((flags: FilterFlags) =>
    run('list', flags, async (parts) => {
      const found = await listLetters(parts, filterOf(flags), flags.limit);
      print(flags.json, found.map(letterJson), found.map(letterLine).join('\n') || 'there is no such letter');
    }),
  );

  withInput(
    dlq
      .command('show')
      .description('shows letters in full: content, headers, stack, and what became of them'),
  )
    .argument('<id...>', 'ids of letters')
    .option('--json', 'for programs', false)
    .action((ids: string[], { json, ...flags }: InputFlag & { json: boolean }) =>
      run('show', flags, async (parts) => {
        const found = await byIds(parts, ids);
        const steps = await Promise.all(ids.map((id) => parts.store.steps(id)));
        print(
          json,
          found.map((one, at) => ({ ...letterJson(one), ...letterContent(one), steps: steps[at] })),
          found.map((one, at) => describeLetter(one, steps[at]!)).join('\n\n'),
        );
      }),
    );

  withDoing(
    dlq.command('replay').description('sends letters through the retry topics again, as after a fix'),
    'waiting',
  ).action((ids: string[], flags: DoingFlags, command: Command) =>
    act('replay', ids, flags, command, async (parts, letters) => {
      const { by, why } = flags;
      return replayLetters(
        parts,
        letters.map(({ letter }) => letter),
        { action: 'replay', by, why },
      );
    }),
  );

  withDoing(dlq.command('discard').description('gives letters up for good'), 'waiting').action(
    (ids: string[], flags: DoingFlags, command: Command) =>
      act('discard', ids, flags, command, async (parts, letters) => {
        const { by, why } = flags;
        return discardLetters(
          parts,
          letters.map(({ letter }) => letter),
          { action: 'discard', by, why },
        );
      }),
  );

  withInput(
    dlq
      .command('history')
      .description('shows who replayed or discarded which letters, when and why, newest first'),
  )
    .option('--limit <n>', 'actions at the most', positive, 50)
    .option('--json', 'for programs', false)
    .action(({ limit, json, ...flags }: InputFlag & { limit: number; json: boolean }) =>
      run('history', flags, async ({ store }) => {
        const actions = await store.actions(limit);
        print(json, actions, actions.map(describeAction).join('\n') || 'nothing was done yet');
      }),
    );
}

function withInput(command: Command): Command {
  return command.addOption(
    new Option('--input <events>', 'whose letters; as ORDERSHARD_PROJECTOR_INPUT says unless given').choices(
      Object.keys(EVENT_TOPICS),
    ),
  );
}

function withFilter(command: Command): Command {
  return withInput(command)
    .option('--order <number>', 'of one order')
    .option('--reason <text>', 'whose reason has this text, such as a code of docs/errors.md')
    .option('--topic <name>', 'that were read from this topic at first')
    .option('--since <time>', 'that failed last at or after this time, such as 2026-11-26T03:00Z', timeOf)
    .option('--until <time>', 'that failed last before this time', timeOf)
    .option('--from-offset <n>', 'from this offset of the dead-letter topic on', offsetOf)
    .option('--to-offset <n>', 'up to this offset of the dead-letter topic', offsetOf)
    .addOption(new Option('--state <state>', 'in this state').choices(LETTER_STATES))
    .option('--limit <n>', 'letters at the most', positive, LIMIT)
    .option('--json', 'for programs', false);
}

function withDoing(command: Command, state: LetterState): Command {
  return withFilter(command)
    .argument('[id...]', 'ids of letters; a filter or --all otherwise')
    .option('--all', `every letter that is ${state}`, false)
    .requiredOption('--why <text>', 'why; it is kept')
    .option('--by <name>', 'who does it', userName())
    .option('--dry-run', 'only show which letters it would be', false);
}

function filterOf({ state = 'waiting', ...filter }: FilterFlags): LetterFilter {
  const { order, reason, topic, since, until, fromOffset, toOffset } = filter;
  return { order, reason, topic, since, until, fromOffset, toOffset, states: [state] };
}

async function act(
  name: 'replay' | 'discard',
  ids: readonly string[],
  flags: DoingFlags,
  command: Command,
  work: (parts: DlqParts, letters: readonly KnownLetter[]) => Promise<readonly string[]>,
): Promise<void> {
  const { order, reason, topic, since, until, fromOffset, toOffset } = flags;
  const filtered = [order, reason, topic, since, until, fromOffset, toOffset].some(
    (one) => one !== undefined,
  );
  if (ids.length === 0 && !filtered && !flags.all)
    command.error('say which: ids, a filter such as --reason, or --all', { exitCode: 2 });
  await run(name, flags, async (parts) => {
    const letters =
      ids.length > 0 ? await byIds(parts, ids) : await listLetters(parts, filterOf(flags), flags.limit);
    if (letters.length === 0) throw new NoSuchLetterError('no letter is meant by that');
    if (flags.dryRun) {
      print(
        flags.json,
        letters.map(letterJson),
        `${letters.map(letterLine).join('\n')}\n${letters.length} letters; nothing was done`,
      );
      return;
    }
    const done = await work(parts, letters);
    const left = letters.length - done.length;
    const past = left === 0 ? '' : `; ${left} were past that already`;
    print(flags.json, { [name]: done, left }, `${name}: ${done.length} letters${past}`);
  });
}

/** Letters by their ids, in that order. Throws NoSuchLetterError. */
async function byIds(parts: DlqParts, ids: readonly string[]): Promise<readonly KnownLetter[]> {
  const found = await listLetters(parts, { ids }, ids.length);
  return ids.map((id) => {
    const one = found.find(({ letter }) => letter.id === id);
    if (one === undefined) throw new NoSuchLetterError(`there is no letter ${id}, or no more`);
    return one;
  });
}

function letterContent({ letter: { message, provenance } }: KnownLetter): object {
  return {
    stack: provenance.stack,
    value: message.value?.toString(),
    headers: Object.fromEntries(
      message.headers.map(([header, text]) => [String(header ?? ''), text?.toString() ?? null]),
    ),
  };
}

function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

async function run(name: string, flags: InputFlag, work: (parts: DlqParts) => Promise<void>): Promise<void> {
  await runCommand(`read-model dlq ${name}`, async () => {
    const settings = letterSettings(process.env);
    const { brokers, topicPrefix, mongoUrl } = settings;
    const input = flags.input ?? settings.input;
    const topic = new LetterTopic({
      brokers,
      clientId: 'ordershard-dlq',
      topic: `${topicPrefix}${EVENT_TOPICS[input]}`,
    });
    const mongo = openMongo(mongoUrl, 'ordershard-dlq');
    try {
      await work({ topic, store: new LetterStore(mongo.db(), input) });
    } finally {
      await Promise.all([topic.close(), mongo.close()]);
    }
  });
}
