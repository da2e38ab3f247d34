import type { Command } from 'commander';
import type { MoveEngine } from '../move/engine.ts';
import { planIdOf, wholeWithin } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { moveCluster, optionsOf, type PaceFlags, withPace } from './move-flags.ts';
import { differencesPrinted, shardsText } from './move-output.ts';
import { operate } from './operation.ts';
import { chosenPlan } from './plan-ids.ts';

type CleanUpFlags = ChangeFlags & PaceFlags & { readonly planId?: string; readonly grace: number };

const MAX_GRACE_MINUTES = 525_600;

/** Adds `cleanup`. */
export function addCleanUpCommand(program: Command, engine: MoveEngine): void {
  withPace(
    changeCommand(program, {
      syntax: 'cleanup',
      summary: 'remove from the sources what was moved away a while ago and is verified on its target',
      description:
        'There is no quick way back afterwards: only another move. Stopped on the way, run it again.',
      examples: ['cleanup --dry-run', 'cleanup --grace 120 --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only', planIdOf)
    .option(
      '--grace <minutes>',
      'how long ago a bucket must have been switched',
      wholeWithin(0, MAX_GRACE_MINUTES),
      60,
    )
    .action((flags: CleanUpFlags) =>
      operate(flags, async (operation) => {
        const { progress, print, change, signal } = operation;
        const cluster = moveCluster(operation);
        const choice = {
          ...chosenPlan(await engine.readMoves(cluster), flags.planId),
          graceMs: flags.grace * 60_000,
        };
        progress.doing('looking who owns what');
        const verify = {
          signal,
          onProgress: (done: number, total: number) =>
            progress.tell({ what: 'comparing', done, total, unit: 'buckets' }),
        };
        const preview = await engine.previewCleanUp(cluster, {
          ...choice,
          // The clean-up itself compares each bucket before it removes it.
          ...(flags.dryRun ? { verify } : {}),
        });
        const { moves, rows, sources, younger, differences } = preview;
        if (differences.length > 0) {
          print(differencesPrinted(differences));
          process.exitCode = EXIT.different;
          return;
        }
        const stay = `${younger.toLocaleString('en-US')} that are younger than ${flags.grace} minutes, or move again, stay`;
        if (moves === 0) {
          print({
            remarks: [
              younger === 0 ? 'There is nothing to clean up.' : `There is nothing to clean up: ${stay}.`,
            ],
            json: { 'rows removed': 0 },
          });
          return;
        }
        const removed = await change(
          {
            action: 'cleanup',
            question: `Remove ${moves.toLocaleString('en-US')} buckets, about ${rows.toLocaleString('en-US')} rows, from ${shardsText(sources)}, which gave them away${younger === 0 ? '' : `, while ${stay}`}?`,
            arguments: { ...choice, graceMinutes: flags.grace, moves },
            takes: sources,
            next: '`shard-rebalance cleanup` goes on',
          },
          (steps) => engine.cleanUp(cluster, { ...optionsOf(operation, steps, 'cleaning up'), ...choice }),
        );
        if (removed !== undefined) print({ facts: { 'rows removed': removed } });
      }),
    );
}
