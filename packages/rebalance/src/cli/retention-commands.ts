import type { Command } from 'commander';
import type { ClusterArchive } from '../archive/cluster-archive.ts';
import type { OperatorCluster } from '../cluster.ts';
import { ArchiveUnavailableError } from '../archive/errors.ts';
import { reasonOf } from '../errors.ts';
import { retentionJob } from '../retention/job.ts';
import { localTime, utcTime } from '../retention/local-time.ts';
import { DAYS_AHEAD } from '../retention/make-ahead.ts';
import { planRetention } from '../retention/plan.ts';
import { DEFAULT_RETENTION } from '../retention/retention-days.ts';
import type { RetentionOptions, ShardRetention } from '../retention/retention-options.ts';
import { runRetention } from '../retention/run.ts';
import { retentionStatus } from '../retention/status.ts';
import { archiveOption, requiredArchive } from './archive-option.ts';
import { collected, dayOf, wholeWithin } from './arguments.ts';
import { type ChangeFlags, changeCommand, type CommonFlags, lookCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { addHoldCommands } from './hold-commands.ts';
import { look, operate } from './operation.ts';
import { retentionQuestion } from './retention-question.ts';
import { tellProblems } from './tell-problems.ts';

interface DaysFlags {
  readonly keepDays: number;
  readonly keepOutboxDays: number;
}

interface RunFlags extends DaysFlags {
  readonly archive?: string;
  readonly dropUnarchived: boolean;
  readonly archiveAgain: readonly string[];
}

const dayCount = wholeWithin(1, 3_650);

function withDays(command: Command): Command {
  return command
    .option('--keep-days <n>', 'UTC days that orders stay on the shards', dayCount, DEFAULT_RETENTION.rows)
    .option(
      '--keep-outbox-days <n>',
      'UTC days that published events stay',
      dayCount,
      DEFAULT_RETENTION.outbox,
    );
}

function withRun(command: Command): Command {
  return withDays(command)
    .addOption(archiveOption())
    .option('--drop-unarchived', 'drop days although no archive keeps them', false)
    .option(
      '--archive-again <day…>',
      'days whose archive is to be written anew from what is left',
      collected(dayOf),
    );
}

/** Adds `retention` and what belongs to it. */
export function addRetentionCommands(program: Command): void {
  const retention = program
    .command('retention')
    .summary('daily partitions: make them ahead, archive and drop those behind; hold and restore orders')
    .description('Keeps the daily partitions. Days are UTC days. See docs/retention.md.');
  addPlan(retention);
  addRun(retention);
  addJob(retention);
  addStatus(retention);
  addHoldCommands(retention);
}

function addPlan(retention: Command): void {
  withDays(
    lookCommand(retention, {
      syntax: 'plan',
      summary: 'show the days that a run would take off the shards now, and those that follow',
      description:
        'carried: orders that are not final or are held, which outlive their day. Rows are what the server guesses.',
      examples: ['retention plan', 'retention plan --keep-days 60 --output json'],
    }),
  ).action((flags: CommonFlags & DaysFlags) =>
    look(flags, async ({ cluster, print }) => {
      const { days, problems } = await planRetention(cluster, { retention: daysOf(flags) });
      tellProblems(problems);
      print({
        none: 'no day has a partition that is past its retention, or will be in three days',
        rows: days.map((day) => ({
          day: day.day,
          shard: String(day.shard),
          'leaves (UTC)': utcTime(day.dueAtMs),
          'leaves (local)': localTime(day.dueAtMs),
          now: day.due ? 'yes' : 'no',
          rows: day.estimatedRows,
          carried: day.open,
          step: day.step,
          'kept for': day.keptFor,
        })),
        json: days,
      });
    }),
  );
}

function addRun(retention: Command): void {
  withRun(
    changeCommand(retention, {
      syntax: 'run',
      summary: `make partitions for the next ${DAYS_AHEAD} UTC days; archive and drop the days past their retention`,
      description:
        'Safe to run again, at any time: what was ended on the way goes on where it was. Without --archive no day of ' +
        'orders is dropped. A day that cannot go stays, with the reason; exit code 4 then.',
      examples: [
        'retention run --archive /var/archive --yes',
        'retention run --yes \\\n    --archive "s3://orders/archive?region=eu-central-1"',
      ],
    }),
  ).action((flags: ChangeFlags & RunFlags) =>
    operate(flags, 'configured', async ({ cluster, progress, signal, print, change }) => {
      const store = await archiveOf(flags, cluster);
      try {
        const reports = await change(
          { action: 'retention run', question: questionOf(flags, store, cluster), arguments: { ...flags } },
          () =>
            runRetention(cluster, {
              ...optionsOf(flags, store),
              signal,
              tell: ({ shard, day, step, detail }) =>
                progress.say(`shard ${shard}  ${day}  ${step}${detail === undefined ? '' : `: ${detail}`}`),
            }),
        );
        if (reports === undefined) return;
        print({ rows: reports.map(rowOf), remarks: remarksOf(reports), json: reports });
        if (!isDone(reports)) process.exitCode = EXIT.unfinished;
      } finally {
        await store?.close();
      }
    }),
  );
}

function addJob(retention: Command): void {
  withRun(
    changeCommand(retention, {
      syntax: 'job',
      summary: 'do what `run` does, again and again, until it is stopped',
      description:
        'Several instances may run: of each shard one of them has the lease. A line of JSON a round.',
      examples: ['retention job --archive /var/archive --yes'],
    }),
  )
    .option('--every-minutes <n>', 'how often it looks', wholeWithin(1, 1_440), 60)
    .action((flags: ChangeFlags & RunFlags & { everyMinutes: number }) =>
      operate(flags, 'configured', async ({ cluster, signal, change }) => {
        const store = await archiveOf(flags, cluster);
        try {
          await change(
            { action: 'retention job', question: questionOf(flags, store, cluster), arguments: { ...flags } },
            () =>
              retentionJob(cluster, {
                ...optionsOf(flags, store),
                signal,
                everyMs: flags.everyMinutes * 60_000,
                round: (reports, error) =>
                  process.stdout.write(
                    `${JSON.stringify({ at: new Date().toISOString(), ...(error === undefined ? { reports } : { error: reasonOf(error) }) })}\n`,
                  ),
              }),
          );
        } finally {
          await store?.close();
        }
      }),
    );
}

function addStatus(retention: Command): void {
  lookCommand(retention, {
    syntax: 'status',
    summary: 'show what the shards keep: days, carried-over orders, holds, and what is on its way out',
  }).action((flags: CommonFlags) =>
    look(flags, async ({ cluster, print }) => {
      const { shards, problems } = await retentionStatus(cluster);
      tellProblems(problems);
      print({
        rows: shards.map(
          ({ shard, oldest, newest, oldestOutbox, carried, carriedOpen, holds, lastDropped }) => ({
            shard: String(shard),
            oldest,
            newest,
            'oldest outbox': oldestOutbox,
            carried,
            'not final or held': carriedOpen,
            holds: holds.length,
            'last dropped': lastDropped,
          }),
        ),
        remarks: shards.flatMap(({ shard, days, holds }) => [
          ...days.map(
            ({ day, step, kept_for: why }) =>
              `shard ${shard}: ${day} is ${step}${why === null ? '' : `, and stays: ${why}`}`,
          ),
          ...holds.map(
            ({ number, held_by: by, reason, held_at: at }) =>
              `shard ${shard}: ${number} is held by ${by} since ${at.slice(0, 16)} UTC: ${reason}`,
          ),
        ]),
        json: shards,
      });
    }),
  );
}

/** Opens the archive, if there is one. One that is not there, or is another cluster's, is refused before anything is done. */
async function archiveOf(
  { archive: url, dryRun }: ChangeFlags & RunFlags,
  cluster: OperatorCluster,
): Promise<ClusterArchive | undefined> {
  if (url === undefined) return undefined;
  const archive = await requiredArchive(url, cluster);
  try {
    await archive.check();
  } catch (error) {
    // One that does not answer now keeps the days, and nothing else.
    if (dryRun || !(error instanceof ArchiveUnavailableError)) {
      await archive.close();
      throw error;
    }
  }
  return archive;
}

function daysOf({ keepDays, keepOutboxDays }: DaysFlags) {
  return { rows: keepDays, outbox: keepOutboxDays };
}

function optionsOf(flags: RunFlags, archive: ClusterArchive | undefined): RetentionOptions {
  return {
    retention: daysOf(flags),
    dropUnarchived: flags.dropUnarchived,
    archiveAgain: flags.archiveAgain ?? [],
    ...(archive === undefined ? {} : { archive }),
  };
}

function questionOf(
  flags: RunFlags,
  archive: ClusterArchive | undefined,
  cluster: OperatorCluster,
): () => Promise<string> {
  const asked = { retention: daysOf(flags), dropUnarchived: flags.dropUnarchived, archive: archive?.url };
  return () => retentionQuestion(cluster, asked);
}

function isDone(reports: readonly ShardRetention[]): boolean {
  return reports.every(
    ({ kept, error, outbox }) => kept.length + outbox.kept.length === 0 && error === undefined,
  );
}

function rowOf({ shard, made, outbox, dropped, kept, ended, rehomed }: ShardRetention) {
  const count = (changes: Readonly<Record<string, readonly string[]>>) =>
    Object.values(changes).reduce((sum, names) => sum + names.length, 0);
  return {
    shard: String(shard),
    'partitions made': count(made),
    'days dropped': dropped.length,
    'outbox partitions dropped': count(outbox.dropped),
    'days kept': kept.length,
    'carried ended': ended,
    'carried on to other shards': rehomed,
  };
}

function remarksOf(reports: readonly ShardRetention[]): string[] {
  return reports.flatMap(({ shard, kept, outbox, error }) => [
    ...kept.map(({ day, why }) => `shard ${shard}: ${day} stays: ${why}`),
    ...outbox.kept.map((why) => `shard ${shard}: ${why}`),
    ...(error === undefined ? [] : [`shard ${shard}: ${error}`]),
  ]);
}
