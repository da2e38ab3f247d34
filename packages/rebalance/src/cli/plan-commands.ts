import type { Command } from 'commander';
import { makePlan } from '../plan/make-plan.ts';
import { writePlan } from '../plan/plan-file.ts';
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
      look(flags, async ({ cluster, print }) => {
        const made = await makePlan(cluster, wishesOf(flags));
        if (flags.out !== undefined) await writePlan(flags.out, made.plan);
        print(planPrinted(made));
      }),
    );
}
