import type { Command } from 'commander';
import { reasonOf } from '../errors.ts';
import { makePartitionsEverywhere, type ShardPartitions } from '../partitions/make-everywhere.ts';
import { partitionsJob } from '../partitions/job.ts';
import { readPartitionsAhead } from '../partitions/read-ahead.ts';
import { eachShard, type ShardProblem } from '../retention/each-shard.ts';
import { DAYS_AHEAD } from '../retention/make-ahead.ts';
import { wholeWithin } from './arguments.ts';
import { type CommonFlags, lookCommand } from './command.ts';
import { look } from './operation.ts';
import { tellProblems } from './tell-problems.ts';

/** Adds `partitions`. */
export function addPartitionCommands(program: Command): void {
  const partitions = program
    .command('partitions')
    .summary('daily partitions: make them ahead, and show how far they reach')
    .description(
      'Keeps the daily partitions of the coming days. No order can be placed on a shard that lacks that of today.',
    );
  addRun(partitions);
  addJob(partitions);
  addStatus(partitions);
}

function addRun(partitions: Command): void {
  lookCommand(partitions, {
    syntax: 'run',
    summary: `make the partitions of the next ${DAYS_AHEAD} UTC days on all shards`,
    description:
      'Adds empty partitions and nothing else: it asks nothing, and waits for no other operation. Safe to run at any time. ' +
      'What fails on a shard is told, and ends nothing on the others; exit code 4 then.',
    examples: ['partitions run'],
  }).action((flags: CommonFlags) =>
    look(flags, async ({ cluster, print }) => {
      const shards = await makePartitionsEverywhere(cluster);
      print({ rows: shards.map(rowOf), json: shards });
      tellProblems(problemsOf(shards));
    }),
  );
}

function addJob(partitions: Command): void {
  lookCommand(partitions, {
    syntax: 'job',
    summary: 'do what `run` does, again and again, until it is stopped',
    description: 'As many instances as one likes may run. A line of JSON a round.',
    examples: ['partitions job --every-minutes 60'],
  })
    .option('--every-minutes <n>', 'how often it looks', wholeWithin(1, 1_440), 60)
    .action((flags: CommonFlags & { everyMinutes: number }) =>
      look(flags, ({ cluster, signal, endsItself }) => {
        endsItself();
        return partitionsJob(cluster, {
          signal,
          everyMs: flags.everyMinutes * 60_000,
          round: (shards, error) =>
            process.stdout.write(
              `${JSON.stringify({ at: new Date().toISOString(), ...(shards === undefined ? { error: reasonOf(error) } : { shards }) })}\n`,
            ),
        });
      }),
    );
}

function addStatus(partitions: Command): void {
  lookCommand(partitions, {
    syntax: 'status',
    summary: 'show for how many days ahead each shard has its partitions',
  }).action((flags: CommonFlags) =>
    look(flags, async ({ cluster, print }) => {
      const { answers, problems } = await eachShard(cluster, (session) =>
        readPartitionsAhead(session, cluster.tables),
      );
      print({
        rows: answers.map(({ shard, days, until, tables }) => ({
          shard: String(shard),
          'days ahead': days,
          until,
          'tables that end then': tables.length,
        })),
        json: answers,
      });
      tellProblems(problems);
    }),
  );
}

function rowOf({ shard, made, ahead }: ShardPartitions) {
  return {
    shard: String(shard),
    'partitions made': Object.values(made).reduce((sum, names) => sum + names.length, 0),
    'days ahead': ahead?.days,
    until: ahead?.until,
  };
}

function problemsOf(shards: readonly ShardPartitions[]): readonly ShardProblem[] {
  return shards.flatMap(({ shard, error }) => (error === undefined ? [] : [{ shard, problem: error }]));
}
