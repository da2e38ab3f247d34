import type { MoveReport, MoveStatus } from '../move/move-options.ts';
import { MOVE_STEPS } from '../move/move-plan.ts';
import type { CommonFlags } from './command.ts';
import type { Operation } from './operation.ts';

/** Whether a move has nothing left to do before its clean-up. */
export const atEnd = (step: MoveStatus['step']) =>
  step === 'moved' || step === 'cleaned' || step === 'revoked';

export function printReports(operation: Operation<CommonFlags>, reports: readonly MoveReport[]): void {
  operation.print({
    none: 'There was nothing to do.',
    rows: reports.map(({ planId, switched, revoked, rows, seconds, pausesMs, mapVersion }) => ({
      plan: planId,
      switched: switched.length,
      'taken back': revoked.length,
      rows,
      seconds: Math.round(seconds),
      'rows/s': seconds === 0 ? 0 : Math.round(rows / seconds),
      'longest pause': pausesMs.length === 0 ? null : `${Math.round(Math.max(...pausesMs))} ms`,
      'map version': mapVersion,
    })),
    json: reports,
  });
}

export function moveRow(status: MoveStatus) {
  const { planId, move, step, rows, pauseMs, error, updatedAt } = status;
  return {
    plan: planId.slice(0, 8),
    kind: move.kind,
    bucket: move.bucket,
    from: move.from,
    to: move.to,
    step,
    rows,
    pause: pauseMs === undefined ? null : `${Math.round(pauseMs)} ms`,
    updated: `${updatedAt.slice(0, 19)} UTC`,
    error,
  };
}

export function sums(moves: readonly MoveStatus[]) {
  const groups = Map.groupBy(moves, ({ planId, step }) => `${planId} ${step}`);
  return [...groups.values()]
    .map((group) => ({ group, ...group[0]! }))
    .toSorted((a, b) => MOVE_STEPS.indexOf(a.step) - MOVE_STEPS.indexOf(b.step))
    .toSorted((a, b) => b.plannedAt.localeCompare(a.plannedAt))
    .map(({ group, planId, step, startedBy }) => ({
      plan: planId,
      step,
      buckets: group.length,
      rows: group.reduce((sum, { rows }) => sum + rows, 0),
      by: startedBy,
      updated: `${group
        .map(({ updatedAt }) => updatedAt)
        .toSorted()
        .at(-1)!
        .slice(0, 19)} UTC`,
      error: group.find(({ error }) => error !== undefined)?.error,
    }));
}

export function nextSteps(moves: readonly MoveStatus[]): readonly string[] {
  const open = moves.filter(({ step }) => !atEnd(step)).length;
  const kept = moves.filter(({ step }) => step === 'moved').length;
  return [
    ...(open === 0
      ? []
      : [
          `${open} buckets are on their way. Unless a run is under way: \`resume\` goes on, \`rollback\` takes back.`,
        ]),
    ...(kept === 0
      ? []
      : [`${kept} buckets are moved and still lie on their source too: \`verify\`, later \`cleanup\`.`]),
  ];
}
