import { FRESH_NUMBER_WINDOW } from '../fence/fence.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import { literal } from './literal.ts';
import type { UnitScope, UnitStep, UnitText } from './unit.ts';

/** A unit with what it is for. */
export interface TargetedUnit {
  readonly target: WriteTarget;
  readonly scope: UnitScope;
  readonly text: UnitText;
}

/** The text of one transaction for some units, and the places of each unit's answers among the server's answers. */
export interface MergedText {
  readonly sql: string;
  /** The number of statements. The first one opens the transaction, and the last one commits it. */
  readonly statements: number;
  /** How many rows each statement of each unit changed. */
  readonly rowsOf: (results: readonly { readonly affectedRows: number }[]) => readonly (readonly number[])[];
  /**
   * Returns the units that a statement belongs to, by its place in the text: none for the statements that open and commit.
   */
  readonly ownersOf: (statement: number) => readonly Owner[];
}

/** A unit that a statement of the text belongs to, or may belong to, and the step of that unit that the statement holds. */
export interface Owner {
  readonly unit: number;
  readonly step: number;
}

/** A statement of the text. Its own text grows by appending, which copies nothing until it is sent. */
interface Segment {
  /** Of an INSERT, what stands before VALUES. */
  readonly head: string | undefined;
  text: string;
  index: number;
}

/** How a step of a unit is answered: by one statement of the text, by several, or by the number of rows that the step has. */
type Place = Segment | readonly Segment[] | number;

/** Statements that stand before the units': the call that opens the transaction. */
const BEFORE = 1;

/**
 * Afterwards nothing can be written for these units any more. It stands before COMMIT, because COMMIT's answer must be the
 * last.
 */
const CLOSING = 'SET @ordershard_rows = NULL, @ordershard_key_bucket = NULL;';

/**
 * Returns the text of one transaction that checks the fences of all units and then applies all units. Rows that go into the
 * same table become one INSERT; the steps of each unit keep their order.
 *
 * @param joined whether to join rows; if not, each statement belongs to one unit, and so does its answer
 */
export function mergedText(units: readonly TargetedUnit[], joined = true): MergedText {
  const segments: Segment[] = [];
  const alone: Segment[] = [];
  const places = units.map(({ text: { steps, guarded } }): Place[] => {
    const own = guarded || !joined;
    let from = 0;
    return steps.map((step): Place => {
      if (step.kind === 'chain') return step.texts.map((text) => append(alone, undefined, text));
      if (step.kind === 'text') {
        from = segments.length + 1;
        return append(own ? alone : segments, undefined, step.text);
      }
      if (own) return append(alone, undefined, `${step.head} VALUES ${step.text}`);
      let at = from;
      while (at < segments.length && segments[at]!.head !== step.head) at += 1;
      from = at;
      if (at === segments.length) append(segments, step.head, `${step.head} VALUES ${step.text}`);
      else segments[at]!.text += `,${step.text}`;
      return step.rows;
    });
  });
  let sql = opening(units);
  // LAST_INSERT_ID() must come from the unit's own statements, never from an earlier user of the session.
  const forgetting = units.some(({ text }) => text.alone);
  if (forgetting) sql += 'SET last_insert_id = 0;';
  const before = BEFORE + (forgetting ? 1 : 0);
  const all = [...segments, ...alone];
  for (const [index, segment] of all.entries()) {
    segment.index = index + before;
    // The line break ends a comment at the end of the text, which would otherwise include the semicolon.
    sql += `${segment.text}\n;`;
  }
  return {
    sql: `${sql}${CLOSING}COMMIT`,
    statements: all.length + before + 2,
    rowsOf: (results) => places.map((steps) => steps.map((place) => rowsAt(place, results))),
    ownersOf: (statement) => {
      const segment = all[statement - before];
      if (segment === undefined) return [];
      return places.flatMap((steps, unit) => {
        const step = steps.findIndex((place, at) => isOf(segment, place, units[unit]!.text.steps[at]!));
        return step < 0 ? [] : [{ unit, step }];
      });
    },
  };
}

function rowsAt(place: Place, results: readonly { readonly affectedRows: number }[]): number {
  if (typeof place === 'number') return place;
  if ('text' in place) return results[place.index]!.affectedRows;
  return place.reduce((sum, { index }) => sum + results[index]!.affectedRows, 0);
}

/** Whether a statement of the text holds a step; for joined rows, whether it may hold it. */
function isOf(segment: Segment, place: Place, step: UnitStep): boolean {
  if (typeof place === 'number') return step.kind === 'rows' && step.head === segment.head;
  return 'text' in place ? place === segment : place.includes(segment);
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
  const { keys } = fencesOf(units);
  const keyBuckets = new Set<number>();
  let rows = '';
  let oldest = Infinity;
  let newest = -Infinity;
  for (const { target, scope } of units) {
    if (scope.keyBucket !== undefined) keyBuckets.add(scope.keyBucket);
    if (target.number === undefined) continue;
    rows += `,${scope.bucket}:${target.number}`;
    if (target.fresh !== true) continue;
    const { timeMs } = decodeNumber(target.number);
    oldest = Math.min(oldest, timeMs);
    newest = Math.max(newest, timeMs);
  }
  // The database's times between which all the fresh numbers count as of now.
  const window =
    oldest === Infinity
      ? 'NULL,NULL'
      : `${newest - FRESH_NUMBER_WINDOW.aheadMs},${oldest + FRESH_NUMBER_WINDOW.behindMs}`;
  // This one text names the numbers whose fences are checked, and the rows that the guards then allow.
  const opened = rows === '' ? 'NULL' : `'${rows},'`;
  return `CALL ordershard_open_merged(${opened},${listOf(keyBuckets)},${keys},${window});`;
}

function listOf(buckets: ReadonlySet<number>): string {
  return buckets.size === 0 ? 'NULL' : `'${[...buckets].join(',')}'`;
}
