import type { Command } from 'commander';
import { operatorPath } from '../operator-path.ts';
import { makePlan } from '../plan/make-plan.ts';
import { checkPlace, writePlan } from '../plan/plan-file.ts';
import { type CommonFlags, lookCommand } from './command.ts';
import { type PaceFlags, type WishFlags, wishesOf, withPace, withWishes } from './move-flags.ts';
import { look } from './operation.ts';
import { planPrinted } from './plan-output.ts';

/** Adds `plan`. */
export function addPlanCommands(program: Command): void {
  withPace(
    withWishes(
      lookCommand(program, {
        syntax: 'plan',
        summary: 'show which buckets would move where, what that costs, and change nothing',
        description: 'As few buckets as can be, so that each shard holds its part by weight.',
        examples: ['plan', 'plan --out grow.json', 'plan --empty 1   # what taking shard 1 away would move'],
      }),
    ),
  )
    .option('--out <file>', 'keep the plan for `run --plan`')
    .action((flags: CommonFlags & WishFlags & PaceFlags & { out?: string }) =>
      look(flags, 'every member', async ({ cluster, print, progress }) => {
        const out = flags.out === undefined ? undefined : operatorPath(flags.out);
        if (out !== undefined) await checkPlace(out);
        progress.doing('counting what lies on the shards');
        const made = await makePlan(cluster, wishesOf(flags));
        const printed = planPrinted(made);
        if (out === undefined) return print(printed);
        await writePlan(out, made.plan);
        const kept = `The plan is kept in ${out}. Next: shard-rebalance run --plan ${flags.out}`;
        print({ ...printed, remarks: [...(printed.remarks ?? []), kept] });
      }),
    );
}
