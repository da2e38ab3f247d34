import type { MoveDifference, MoveReport, MoveStatus } from '../move/move-options.ts';
import { MOVE_STEPS } from '../move/move-plan.ts';
import { rangesText } from '../ownership/claim-text.ts';
import type { OwnershipError } from '../ownership/errors.ts';
import type { CommonFlags } from './command.ts';
import type { Operation } from './operation.ts';
import type { Printed } from './output.ts';
import { shortIds } from './plan-ids.ts';

/** Whether a move has nothing left to do before its clean-up. */
export const atEnd = (step: MoveStatus['step']) =>
  step === 'moved' || step === 'cleaned' || step === 'revoked';

/** Shards as a person says them: `shard 2`, `shards 2, 3`. */
export function shardsText(shards: readonly number[]): string {
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
}

/** Between which shards something moves: `from shards 0, 1 to shard 2`. */
export function fromToText(moves: readonly { readonly from: number; readonly to: number }[]): string {
  const distinct = (end: 'from' | 'to') =>
    shardsText([...new Set(moves.map((move) => move[end]))].toSorted((a, b) => a - b));
  return `from ${distinct('from')} to ${distinct('to')}`;
}

export function printReports(
  operation: Operation<CommonFlags>,
  reports: readonly MoveReport[],
  remarks: readonly string[] = [],
): void {
  const short = shortIds(reports.map(({ planId }) => planId));
  operation.print({
    none: 'There was nothing to do.',
    rows: reports.map(({ planId, switched, revoked, rows, seconds, pausesMs, mapVersion }) => ({
      plan: short(planId),
      switched: switched.length,
      'taken back': revoked.length,
      rows,
      seconds: Math.round(seconds),
      'rows/s': seconds === 0 ? 0 : Math.round(rows / seconds),
      'longest pause': pausesMs.length === 0 ? null : `${Math.round(Math.max(...pausesMs))} ms`,
      'map version': mapVersion,
    })),
    remarks,
    json: reports,
  });
}

/** What targets lack, as `verify` prints it. */
export function differencesPrinted(differences: readonly MoveDifference[]): Printed {
  return {
    rows: differences.map(({ examples, ...rest }) => ({ ...rest, examples: examples.join(' ') })),
    remarks: ['Of these nothing is switched, and nothing is cleaned up.'],
    json: differences,
  };
}

/** What two shards own, or none, as `verify` prints it. */
export function faultsPrinted({ faults, message }: OwnershipError): Printed {
  return {
    rows: faults.map(({ kind, shards, buckets, rows }) => ({
      kind,
      buckets: rangesText(buckets),
      'owned by': shards.length === 0 ? 'no shard' : shards.join(' and '),
      rows: rows.map((each) => `${each.rows} on ${each.shard}`).join(', '),
    })),
    remarks: [message],
    json: faults,
  };
}

const utc = (time: string) => time.slice(0, 19);

/** Each move as a row. */
export function moveRows(moves: readonly MoveStatus[]) {
  const short = shortIds(moves.map(({ planId }) => planId));
  return moves.map(({ planId, move, step, rows, pauseMs, error, updatedAt }) => ({
    plan: short(planId),
    kind: move.kind,
    bucket: move.bucket,
    from: String(move.from),
    to: String(move.to),
    step,
    rows,
    'pause ms': pauseMs === undefined ? undefined : Math.round(pauseMs),
    'updated (UTC)': utc(updatedAt),
    error,
  }));
}

/** Moves by plan and step, the newest plan first. */
export function sums(moves: readonly MoveStatus[]) {
  const short = shortIds(moves.map(({ planId }) => planId));
  const groups = Map.groupBy(moves, ({ planId, step }) => `${planId} ${step}`);
  return [...groups.values()]
    .map((group) => ({ group, ...group[0]! }))
    .toSorted((a, b) => MOVE_STEPS.indexOf(a.step) - MOVE_STEPS.indexOf(b.step))
    .toSorted((a, b) => b.plannedAt.localeCompare(a.plannedAt))
    .map(({ group, planId, step, startedBy }) => ({
      plan: short(planId),
      step,
      buckets: group.length,
      rows: group.reduce((sum, { rows }) => sum + rows, 0),
      by: startedBy,
      'updated (UTC)': utc(
        group
          .map(({ updatedAt }) => updatedAt)
          .toSorted()
          .at(-1)!,
      ),
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
          `${open} buckets are on their way. Unless a run is under way (\`topology show\` says it): \`resume\` goes on, \`rollback\` takes back.`,
        ]),
    ...(kept === 0
      ? []
      : [`${kept} buckets are moved and still lie on their source too: \`verify\`, later \`cleanup\`.`]),
  ];
}
