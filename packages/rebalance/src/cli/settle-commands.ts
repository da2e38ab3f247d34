import type { Command } from 'commander';
import type { MoveEngine } from '../move/engine.ts';
import type { MoveCluster, MoveOptions, MoveReport, MoveStatus } from '../move/move-options.ts';
import { planIdOf } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { moveCluster, optionsOf, type PaceFlags, withPace } from './move-flags.ts';
import { atEnd, fromToText, printReports } from './move-output.ts';
import { type ChangeOperation, operate } from './operation.ts';
import { chosenPlan, shortIds } from './plan-ids.ts';
import { RESUME_OR_ROLL_BACK } from './run-command.ts';

type SettleFlags = ChangeFlags & PaceFlags & { readonly planId?: string };

/** Adds `resume` and `rollback`. */
export function addSettleCommands(program: Command, engine: MoveEngine): void {
  withPace(
    changeCommand(program, {
      syntax: 'resume',
      summary: 'go on with moves that were cut off; from any machine',
      examples: ['resume --dry-run', 'resume --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only', planIdOf)
    .action((flags: SettleFlags) =>
      operate(flags, (operation) =>
        settle(operation, engine, {
          action: 'resume',
          doing: 'moving',
          about: (moves) => moves.filter(({ step }) => !atEnd(step)),
          question: (moves) =>
            moves.length === 0
              ? 'No move is cut off. Look whether the shard map tells of all that has moved?'
              : `Go on with ${moves.length} moves ${plansText(moves)}?`,
          act: (...args: Parameters<typeof engine.resumeMoves>) => engine.resumeMoves(...args),
        }),
      ),
    );

  withPace(
    changeCommand(program, {
      syntax: 'rollback',
      summary: 'take back moves that are not switched; from any machine',
      description:
        'What is switched stays with its target, unless --move-back moves it back like any other move: plan by plan, ' +
        'the newest first. What is cleaned up goes back by another plan only.',
      examples: ['rollback --yes', 'rollback --move-back --plan-id 1d132d24 --yes'],
    }),
  )
    .option('--plan-id <id>', 'the moves of one plan only', planIdOf)
    .option('--move-back', 'move back what is switched', false)
    .action((flags: SettleFlags & { moveBack: boolean }) =>
      operate(flags, (operation) =>
        settle(operation, engine, {
          action: 'rollback',
          doing: flags.moveBack ? 'moving back' : 'taking back',
          about: (moves) => moves.filter(({ step }) => !atEnd(step) || (flags.moveBack && step === 'moved')),
          question: rollbackText,
          nothing: flags.moveBack
            ? 'There is nothing to move back.'
            : 'There is nothing to take back. What is switched is moved back with --move-back.',
          act: (cluster, options) => engine.rollbackMoves(cluster, { ...options, moveBack: flags.moveBack }),
        }),
      ),
    );
}

interface Settling {
  readonly action: 'resume' | 'rollback';
  /** What its progress is called. */
  readonly doing: string;
  /** The moves that it is about, of those in the books. */
  readonly about: (moves: readonly MoveStatus[]) => readonly MoveStatus[];
  readonly question: (moves: readonly MoveStatus[]) => string;
  /** What is printed, and nothing done, when it is about no move. */
  readonly nothing?: string;
  readonly act: (
    cluster: MoveCluster,
    options: MoveOptions & { readonly planId?: string },
  ) => Promise<readonly MoveReport[]>;
}

async function settle(
  operation: ChangeOperation<SettleFlags>,
  engine: MoveEngine,
  { action, doing, about, question, nothing, act }: Settling,
): Promise<void> {
  const { flags, print, change } = operation;
  const cluster = moveCluster(operation);
  const booked = await engine.readMoves(cluster);
  const chosen = chosenPlan(booked, flags.planId);
  const moves = about(booked.filter(({ planId }) => [undefined, planId].includes(chosen.planId)));
  if (moves.length === 0 && nothing !== undefined) {
    print({ remarks: [nothing], json: [] });
    return;
  }
  const reports = await change(
    {
      action,
      question: question(moves),
      arguments: { ...chosen, moves: moves.length },
      takes: [...new Set(moves.flatMap(({ move: { from, to } }) => [from, to]))],
      next: RESUME_OR_ROLL_BACK,
    },
    (steps) => act(cluster, { ...optionsOf(operation, steps, doing), ...chosen }),
  );
  if (reports !== undefined) printReports(operation, reports);
}

function plansText(moves: readonly MoveStatus[]): string {
  const ids = [...new Set(moves.map(({ planId }) => planId))];
  return `of plan ${ids.map(shortIds(ids)).join(', ')} (${fromToText(moves.map(({ move }) => move))})`;
}

function rollbackText(moves: readonly MoveStatus[]): string {
  const open = moves.filter(({ step }) => !atEnd(step));
  const moved = moves.filter(({ step }) => atEnd(step));
  const parts: string[] = [];
  if (open.length > 0) parts.push(`take back ${open.length} moves that are not switched ${plansText(open)}`);
  if (moved.length > 0) {
    const back = moved.map(({ move: { from, to } }) => ({ from: to, to: from }));
    const ids = [...new Set(moved.map(({ planId }) => planId))];
    parts.push(
      `move ${moved.length} buckets back that are switched (${fromToText(back)}; plan ${ids.map(shortIds(ids)).join(', ')})`,
    );
  }
  const text = parts.join(', and ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}?`;
}
