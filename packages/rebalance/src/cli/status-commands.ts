import type { Command } from 'commander';
import type { MoveEngine } from '../move/engine.ts';
import type { MoveDifference } from '../move/move-options.ts';
import { OwnershipError } from '../ownership/errors.ts';
import { planIdOf } from './arguments.ts';
import { type CommonFlags, lookCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { moveCluster } from './move-flags.ts';
import { differencesPrinted, faultsPrinted, moveRows, nextSteps, sums } from './move-output.ts';
import { look } from './operation.ts';
import { chosenPlan } from './plan-ids.ts';

/** Adds `status` and `verify`. */
export function addStatusCommands(program: Command, engine: MoveEngine): void {
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
          rows: flags.all ? moveRows(moves) : sums(moves),
          remarks: nextSteps(moves),
          json: moves,
        });
      }),
    );

  lookCommand(program, {
    syntax: 'verify',
    summary: 'compare what was moved on source and target, and change nothing',
    examples: ['verify', 'verify --plan-id 1d132d24'],
  })
    .option('--plan-id <id>', 'the moves of one plan only', planIdOf)
    .action((flags: CommonFlags & { planId?: string }) =>
      look(flags, 'every member', async (operation) => {
        const { progress, print, signal } = operation;
        const cluster = moveCluster(operation);
        const chosen = chosenPlan(await engine.readMoves(cluster), flags.planId);
        let compared = 0;
        let differences: readonly MoveDifference[];
        try {
          progress.doing('looking who owns what');
          differences = await engine.verifyMoves(cluster, {
            ...chosen,
            signal,
            onProgress: (done, total) => {
              compared = total;
              progress.tell({ what: 'comparing', done, total, unit: 'buckets' });
            },
          });
        } catch (error) {
          if (!(error instanceof OwnershipError)) throw error;
          print(faultsPrinted(error));
          process.exitCode = EXIT.different;
          return;
        }
        print(
          differences.length === 0
            ? {
                none: `No difference: ${compared.toLocaleString('en-US')} buckets were compared.`,
                rows: [],
                json: [],
              }
            : differencesPrinted(differences),
        );
        if (differences.length > 0) process.exitCode = EXIT.different;
      }),
    );
}
