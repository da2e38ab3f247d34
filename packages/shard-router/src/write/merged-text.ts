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

/** A statement of the text. Its text is made by adding to it, which copies nothing until it is sent. */
interface Segment {
  /** Of an INSERT, what stands before VALUES. */
  readonly head: string | undefined;
  text: string;
  index: number;
}

/** Where a step of a unit is answered: by which statement of the text, or with as many rows as it has. */
type Place = Segment | number;

/** Statements that stand before the units': the call that opens the transaction. */
const BEFORE = 1;

/**
 * One transaction in which the fences of all units are checked, and then all are applied. Rows that go into the same
 * table become one INSERT; the steps of each unit keep their order.
 */
export function mergedText(units: readonly TargetedUnit[]): MergedText {
  const segments: Segment[] = [];
  const alone: Segment[] = [];
  const places = units.map(({ text: { steps, guarded } }): Place[] => {
    if (guarded) return steps.map((step) => append(alone, undefined, step.text));
    let from = 0;
    return steps.map((step): Place => {
      if (step.kind === 'text') {
        from = segments.length + 1;
        return append(segments, undefined, step.text);
      }
      let at = from;
      while (at < segments.length && segments[at]!.head !== step.head) at += 1;
      from = at;
      if (at === segments.length) append(segments, step.head, `${step.head} VALUES ${step.text}`);
      else segments[at]!.text += `,${step.text}`;
      return step.rows;
    });
  });
  let sql = opening(units);
  for (const [index, segment] of [...segments, ...alone].entries()) {
    segment.index = index + BEFORE;
    sql += `${segment.text};`;
  }
  return {
    sql: `${sql}COMMIT`,
    rowsOf: (results) =>
      places.map((steps) =>
        steps.map((place) => (typeof place === 'number' ? place : results[place.index]!.affectedRows)),
      ),
  };
}

function append(segments: Segment[], head: string | undefined, text: string): Segment {
  const segment: Segment = { head, text, index: 0 };
  segments.push(segment);
  return segment;
}

/**
 * The fences that units need, as the procedures take them: JSON of [bucket, number], of [bucket, key generation, number],
 * and of buckets of keys.
 */
export function fencesOf(units: readonly TargetedUnit[]): {
  numbers: string;
  keys: string;
  keyBuckets: string;
} {
  const numbers: string[] = [];
  const keys: string[] = [];
  const keyBuckets = new Set<string>();
  for (const { target, scope } of units) {
    if (target.number !== undefined) numbers.push(`[${scope.bucket},${target.number}]`);
    if (scope.keyBucket === undefined) continue;
    keys.push(`[${scope.keyBucket},${scope.keyGeneration},${target.number ?? 'null'}]`);
    keyBuckets.add(String(scope.keyBucket));
  }
  return { numbers: jsonList(numbers), keys: jsonList(keys), keyBuckets: jsonList([...keyBuckets]) };
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
