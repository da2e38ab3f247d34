import { FRESH_NUMBER_WINDOW } from '../fence/fence.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import { literal } from './literal.ts';
import type { UnitScope, UnitText } from './unit.ts';

/** A unit with what it is for. */
export interface TargetedUnit {
  readonly target: WriteTarget;
  readonly scope: UnitScope;
  readonly text: UnitText;
}

/** The text of one transaction for some units, and where in the server's answers those of each are. */
export interface MergedText {
  readonly sql: string;
  /** How many rows each statement of each unit changed. */
  readonly rowsOf: (results: readonly { readonly affectedRows: number }[]) => readonly (readonly number[])[];
}

/** Where a step of a unit is answered: by which statement of the text, and with how many rows if it was merged. */
interface Place {
  readonly statement: Segment;
  readonly rows: number | undefined;
}

/** A statement of the text. */
interface Segment {
  readonly head: string | undefined;
  readonly texts: string[];
  index: number;
}

/** Statements that stand before the units': the call that opens the transaction. */
const BEFORE = 1;

/**
 * One transaction in which the fences of all units are checked, and then all are applied. Rows that go into the same
 * table become one INSERT; the steps of each unit keep their order.
 */
export function mergedText(units: readonly TargetedUnit[]): MergedText {
  const segments: Segment[] = [];
  const alone: Segment[] = [];
  const places = units.map(({ text }): Place[] => {
    if (text.guarded) {
      return text.steps.map((step) => ({ statement: append(alone, step), rows: undefined }));
    }
    let from = 0;
    return text.steps.map((step): Place => {
      if (step.kind === 'text') {
        const statement = append(segments, step);
        from = segments.length;
        return { statement, rows: undefined };
      }
      let at = from;
      while (at < segments.length && segments[at]!.head !== step.head) at += 1;
      if (at === segments.length) segments.push({ head: step.head, texts: [], index: 0 });
      from = at;
      segments[at]!.texts.push(...step.rows);
      return { statement: segments[at]!, rows: step.rows.length };
    });
  });
  const all = [...segments, ...alone];
  let sql = opening(units);
  for (const [index, segment] of all.entries()) {
    segment.index = index + BEFORE;
    sql +=
      segment.head === undefined ? segment.texts[0]! : `${segment.head} VALUES ${segment.texts.join(',')}`;
    sql += ';';
  }
  return {
    sql: `${sql}COMMIT`,
    rowsOf: (results) =>
      places.map((steps) =>
        steps.map(({ statement, rows }) => rows ?? results[statement.index]!.affectedRows),
      ),
  };
}

function append(segments: Segment[], step: UnitText['steps'][number]): Segment {
  const segment: Segment = {
    head: step.kind === 'rows' ? step.head : undefined,
    texts: step.kind === 'rows' ? [...step.rows] : [step.sql],
    index: 0,
  };
  segments.push(segment);
  return segment;
}

/** The fences that units need, as the procedures take them: JSON of [bucket, number] and [bucket, key generation]. */
export function fencesOf(units: readonly TargetedUnit[]): { numbers: string; keys: string } {
  const numbers: string[] = [];
  const keys = new Set<string>();
  for (const { target, scope } of units) {
    if (target.number !== undefined) numbers.push(`[${scope.bucket},${target.number}]`);
    if (scope.keyBucket !== undefined) keys.add(`[${scope.keyBucket},${scope.keyGeneration}]`);
  }
  return { numbers: jsonList(numbers), keys: jsonList([...keys]) };
}

function jsonList(items: readonly string[]): string {
  return items.length === 0 ? 'NULL' : literal(`[${items.join(',')}]`);
}

function opening(units: readonly TargetedUnit[]): string {
  const { numbers, keys } = fencesOf(units);
  const buckets = new Set<number>();
  const keyBuckets = new Set<number>();
  let oldest = Infinity;
  let newest = -Infinity;
  for (const { target, scope } of units) {
    if (target.number !== undefined) buckets.add(scope.bucket);
    if (scope.keyBucket !== undefined) keyBuckets.add(scope.keyBucket);
    if (target.number !== undefined && target.fresh === true) {
      const { timeMs } = decodeNumber(target.number);
      oldest = Math.min(oldest, timeMs);
      newest = Math.max(newest, timeMs);
    }
  }
  // The database's time at which all the fresh numbers are of now.
  const window =
    oldest === Infinity
      ? 'NULL,NULL'
      : `${newest - FRESH_NUMBER_WINDOW.aheadMs},${oldest + FRESH_NUMBER_WINDOW.behindMs}`;
  return `CALL ordershard_open_merged(${listOf(buckets)},${numbers},${listOf(keyBuckets)},${keys},${window});`;
}

function listOf(buckets: ReadonlySet<number>): string {
  return buckets.size === 0 ? 'NULL' : `'${[...buckets].join(',')}'`;
}
