import { type Command, Option } from 'commander';
import type { MoveEngine } from '../move/engine.ts';
import { operatorPath } from '../operator-path.ts';
import { makePlan } from '../plan/make-plan.ts';
import { readPlan } from '../plan/plan-file.ts';
import { changeCommand, type ChangeFlags, type CommonFlags } from './command.ts';
import {
  moveCluster,
  optionsOf,
  type PaceFlags,
  type WishFlags,
  wishesOf,
  withPace,
  withWishes,
} from './move-flags.ts';
import { printReports, shardsText } from './move-output.ts';
import { type Operation, operate } from './operation.ts';
import { bytesText, planPrinted } from './plan-output.ts';
import { durationText } from './progress.ts';

/** What follows on a run that was cut off, whatever cut it. */
export const RESUME_OR_ROLL_BACK = '`shard-rebalance resume` goes on, `shard-rebalance rollback` takes back';

/** Adds `run`. */
export function addRunCommand(program: Command, engine: MoveEngine): void {
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
    .addOption(
      new Option(
        '--plan <file>',
        'a plan that `plan --out` has kept for this cluster; refused when the shard map has changed since',
      ).conflicts(['empty', 'weight']),
    )
    .action((flags: ChangeFlags & WishFlags & PaceFlags & { plan?: string }) =>
      operate(flags, async (operation) => {
        const { progress, print, change } = operation;
        const cluster = moveCluster(operation);
        progress.doing('counting what lies on the shards');
        const made = flags.plan === undefined ? await makePlan(cluster, wishesOf(flags)) : undefined;
        const plan = made?.plan ?? (await readPlan(operatorPath(flags.plan!)));
        if (made !== undefined && (flags.dryRun || flags.output === 'table')) print(planPrinted(made));
        if (plan.moves.length === 0) {
          if (made === undefined) print({ remarks: ['Nothing to do: the plan moves nothing.'] });
          return;
        }
        progress.doing('checking the shards');
        await engine.preflight(cluster, plan);
        const targets = [...new Set(plan.moves.map(({ to }) => to))];
        const time =
          made === undefined ? '' : `, about ${durationText(made.seconds)} and ${bytesText(made.bytes)}`;
        const report = await change(
          {
            action: 'run',
            question: `Move ${plan.moves.length} buckets to ${shardsText(targets)}${time} (plan ${plan.id.slice(0, 8)})?`,
            arguments: { plan: plan.id, mapVersion: plan.mapVersion, moves: plan.moves.length, targets },
            takes: [...new Set(plan.moves.flatMap(({ from, to }) => [from, to]))],
            next: RESUME_OR_ROLL_BACK,
          },
          async (steps) => {
            steps.next('getting the targets ready');
            await seedTargets(operation, targets);
            return engine.moveBuckets(cluster, plan, optionsOf(operation, steps, 'moving'));
          },
        );
        if (report !== undefined)
          printReports(
            operation,
            [report],
            ['The sources keep their rows. Next: `shard-rebalance verify`, later `cleanup`.'],
          );
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
