import type { Command } from 'commander';
import { StoppedError } from '../errors.ts';
import type { MoveEngine } from '../move/engine.ts';
import type { MoveCluster, MoveOptions, MoveReport } from '../move/move-options.ts';
import { makePlan } from '../plan/make-plan.ts';
import { readPlan } from '../plan/plan-file.ts';
import { changeCommand, type ChangeFlags, type CommonFlags, lookCommand, whole } from './command.ts';
import { EXIT } from './exit-codes.ts';
import {
  moveCluster,
  optionsOf,
  type PaceFlags,
  planOf,
  type WishFlags,
  wishesOf,
  withPace,
  withWishes,
} from './move-flags.ts';
import { atEnd, moveRow, nextSteps, printReports, sums } from './move-output.ts';
import { type ChangeOperation, look, type Operation, operate } from './operation.ts';
import { bytesText, planPrinted } from './plan-output.ts';
import { durationText } from './progress.ts';

/** Adds `run`, `status`, `verify`, `resume`, `rollback` and `cleanup`. */
export function addMoveCommands(program: Command, engine: MoveEngine): void {
  withPace(
    withWishes(
      changeCommand(program, {
        syntax: 'run',
        summary: 'move buckets online, by a plan of now or by one that was kept',
        description:
          'Checks every shard that takes part before anything changes. Then bucket by bucket: copy, catch up, ' +
          'verify, switch; a bucket pauses for a moment. Killed or stopped, it goes on with `resume`, or back with ' +
          '`rollback`. The sources keep their rows until `cleanup`.',
        examples: [
          'run --dry-run',
          'run --yes --reason "two shards more for the holidays"',
          'run --plan grow.json --yes',
        ],
      }),
    ),
  )
    .option(
      '--plan <file>',
      'a plan that `plan --out` has kept; refused when the shard map has changed since',
    )
    .action((flags: ChangeFlags & WishFlags & PaceFlags & { plan?: string }) =>
      operate(flags, async (operation) => {
        const cluster = moveCluster(operation);
        const made = flags.plan === undefined ? await makePlan(cluster, wishesOf(flags)) : undefined;
        const plan = made?.plan ?? (await readPlan(flags.plan!));
        if (made !== undefined && (flags.dryRun || flags.output === 'table'))
          operation.print(planPrinted(made));
        if (plan.moves.length === 0) return;
        await engine.preflight(cluster, plan);
        const targets = [...new Set(plan.moves.map(({ to }) => to))];
        const time =
          made === undefined ? '' : `, about ${durationText(made.seconds)} and ${bytesText(made.bytes)}`;
        const report = await operation.change(
          {
            action: 'run',
            question: `Move ${plan.moves.length} buckets to shard ${targets.join(', ')}${time}?`,
            arguments: { plan: plan.id, mapVersion: plan.mapVersion, moves: plan.moves.length, targets },
          },
          async () => {
            await seedTargets(operation, targets);
            return finished(operation, await engine.moveBuckets(cluster, plan, optionsOf(operation)));
          },
        );
        if (report !== undefined) printReports(operation, [report]);
      }),
    );

  lookCommand(program, {
    syntax: 'status',
    summary: 'show the moves in the books, how far each is, and what is left to do',
    examples: ['status', 'status --all', 'status --output json'],
  })
    .option('--all', 'each bucket, not only sums', false)
    .action((flags: CommonFlags & { all: boolean }) =>
      look(flags, async (operation) => {
        const moves = await engine.readMoves(moveCluster(operation));
        operation.print({
          none: 'No bucket has moved yet.',
          rows: flags.all ? moves.map(moveRow) : sums(moves),
          remarks: nextSteps(moves),
          json: moves,
        });
      }),
    );

  lookCommand(program, {
    syntax: 'verify',
    summary: 'compare what was moved on source and target, and change nothing',
    examples: ['verify'],
  })
    .option('--plan-id <id>', 'the moves of one plan only')
    .action((flags: CommonFlags & { planId?: string }) =>
      look(flags, async (operation) => {
        const differences = await engine.verifyMoves(moveCluster(operation), planOf(flags));
        operation.print({
          none: 'No difference.',
          rows: differences.map(({ examples, ...rest }) => ({ ...rest, examples: examples.join(' ') })),
          json: differences,
        });
        if (differences.length > 0) process.exitCode = EXIT.different;
      }),
    );

  withPace(
    changeCommand(program, {
      syntax: 'resume',
      summary: 'go on with moves that were cut off; from any machine',
      examples: ['resume --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only')
    .action((flags: ChangeFlags & PaceFlags & { planId?: string }) =>
      operate(flags, (operation) =>
        settle(operation, 'resume', 'Go on with', engine, (cluster, options) =>
          engine.resumeMoves(cluster, { ...options, ...planOf(flags) }),
        ),
      ),
    );

  withPace(
    changeCommand(program, {
      syntax: 'rollback',
      summary: 'take back moves that are not switched; from any machine',
      description:
        'What is switched stays with its target, unless --move-back moves it back like any other move.',
      examples: ['rollback --yes', 'rollback --move-back --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only')
    .option('--move-back', 'move back what is switched', false)
    .action((flags: ChangeFlags & PaceFlags & { planId?: string; moveBack: boolean }) =>
      operate(flags, (operation) =>
        settle(operation, 'rollback', 'Take back', engine, (cluster, options) =>
          engine.rollbackMoves(cluster, { ...options, ...planOf(flags), moveBack: flags.moveBack }),
        ),
      ),
    );

  withPace(
    changeCommand(program, {
      syntax: 'cleanup',
      summary: 'remove from the sources what was moved away a while ago and is verified on its target',
      description: 'There is no quick way back afterwards: only another move.',
      examples: ['cleanup --dry-run', 'cleanup --grace 120 --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only')
    .option('--grace <minutes>', 'how long ago a bucket must have been switched', whole, 60)
    .action((flags: ChangeFlags & PaceFlags & { planId?: string; grace: number }) =>
      operate(flags, async (operation) => {
        const cluster = moveCluster(operation);
        const rows = await operation.change(
          {
            action: 'cleanup',
            question: `Remove what was moved away more than ${flags.grace} minutes ago?`,
            arguments: { ...planOf(flags), graceMinutes: flags.grace },
          },
          () =>
            engine.cleanUp(cluster, {
              ...optionsOf(operation),
              ...planOf(flags),
              graceMs: flags.grace * 60_000,
            }),
        );
        if (rows !== undefined) operation.print({ facts: { 'rows removed': rows } });
      }),
    );
}

/** Brings what is the same on every shard to the targets once more: it may have changed since they were added. */
async function seedTargets(
  { cluster, settings }: Operation<CommonFlags>,
  targets: readonly number[],
): Promise<void> {
  const { seedShard } = settings.application;
  const from = cluster.shards.find((shard) => !targets.includes(shard));
  if (seedShard === undefined || from === undefined) return;
  for (const target of targets)
    await cluster.onShard(from, (source) => cluster.onShard(target, (to) => seedShard(source, to)));
}

async function settle(
  operation: ChangeOperation<ChangeFlags & PaceFlags & { readonly planId?: string }>,
  action: 'resume' | 'rollback',
  verb: string,
  engine: MoveEngine,
  act: (cluster: MoveCluster, options: MoveOptions) => Promise<readonly MoveReport[]>,
): Promise<void> {
  const { flags } = operation;
  const cluster = moveCluster(operation);
  const moves = (await engine.readMoves(cluster)).filter(
    ({ planId }) => flags.planId === undefined || planId === flags.planId,
  );
  const open = moves.filter(({ step }) => !atEnd(step));
  const reports = await operation.change(
    {
      action,
      question: `${verb} ${open.length} moves that are not at their end?`,
      arguments: { ...planOf(flags), moves: open.length },
    },
    async () => {
      const all = await act(cluster, optionsOf(operation));
      for (const report of all) finished(operation, report);
      return all;
    },
  );
  if (reports !== undefined) printReports(operation, reports);
}

/** What a run has done, unless it was stopped on the way. */
function finished(operation: Operation<CommonFlags>, report: MoveReport): MoveReport {
  if (!operation.signal.aborted) return report;
  throw new StoppedError(
    `stopped: ${report.switched.length} buckets are switched; go on with \`shard-rebalance resume\`, or back with \`rollback\``,
  );
}
