import { InvalidUnitError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';
import { checkCount, filled, interleave, textOf } from './filled-text.ts';
import { shapeOf } from './shape.ts';
import { type GuardStatement, type StatementLike, statementOf } from './statement.ts';

/** What a unit of work is made for, and the constants that its rows carry. */
export interface UnitScope {
  /** The bucket that rows of the number must carry; of the key, in a unit for a key alone. */
  readonly bucket: number;
  /** The bucket that rows of the key must carry; undefined without one. */
  readonly keyBucket: number | undefined;
  /** The generation of keys that a key written here belongs to. */
  readonly keyGeneration: number;
}

/** A unit of work: statements that take effect together, or not at all. */
export interface Unit<Row = unknown> {
  /**
   * INSERT, UPDATE and DELETE. The first may be a {@link guard}; then only plain INSERTs follow. Units are merged, so a
   * statement does not see what others in its transaction have done, and none may depend on another unit.
   */
  readonly statements: readonly [StatementLike | GuardStatement, ...StatementLike[]];
  /**
   * A SELECT that gives a row once the unit has been applied, or when somebody else has taken its place for good, such as
   * its idempotency key. With it, a unit whose outcome is not known is written again until it is known; so the unit must
   * fail, by a unique key or its guard, where it has been applied. Without it such a unit is an UnknownOutcomeError.
   */
  readonly already?: StatementLike<Row> | undefined;
}

/** One statement, or a part of one, as it goes into the text of a transaction. */
export type UnitStep =
  /** Rows of an INSERT, which join those of other units. `head` ends before VALUES. */
  | { readonly kind: 'rows'; readonly head: string; readonly text: string; readonly rows: number }
  /** A statement of its own. */
  | { readonly kind: 'text'; readonly text: string };

/** A unit as text. */
export interface UnitText {
  readonly steps: readonly UnitStep[];
  /** Whether the first step decides if the unit is applied. Then each step runs only if the one before it took effect. */
  readonly guarded: boolean;
  readonly already: string | undefined;
  /** Length of all of it, in UTF-16 units. */
  readonly length: number;
}

/**
 * Writes a unit out as text.
 *
 * @throws InvalidUnitError for statements that a unit cannot have
 * @throws InvalidValueError for a value that has no literal, or another number of values than the text has places
 */
export function unitText({ statements, already }: Unit): UnitText {
  const [first, ...rest] = statements;
  // Compiled callers give one at least; JavaScript ones may not.
  if ((first as unknown) === undefined) throw new InvalidUnitError('a unit has at least one statement');
  const steps: UnitStep[] = [];
  let guarded = false;
  if ('guard' in first) {
    guarded = true;
    steps.push({ kind: 'text', text: guardText(first.guard) });
    let expected = 1;
    for (const like of rest) {
      const { text, rows } = guardedInsert(like, expected);
      steps.push({ kind: 'text', text });
      expected = rows;
    }
  } else {
    for (const like of statements) steps.push(stepOf(like));
  }
  const look = already === undefined ? undefined : queryText(already);
  return { steps, guarded, already: look, length: steps.reduce((sum, { text }) => sum + text.length, 0) };
}

/** The text of an `already`. */
function queryText(like: StatementLike): string {
  const text = textOf(like);
  if (/^[\s(]*(select|with)\b/i.test(text)) return text;
  throw new InvalidUnitError('`already` is a SELECT');
}

function stepOf(like: StatementLike | GuardStatement): UnitStep {
  if ('guard' in like) throw new InvalidUnitError('a guard stands first in its unit');
  const { sql, values } = statementOf(like);
  const { pieces, insert } = shapeOf(sql);
  if (/^\s*select\b/i.test(pieces[0]!)) throw new InvalidUnitError('a SELECT is no statement of a unit');
  if (insert === undefined) return { kind: 'text', text: filled(pieces, values) };
  const { head, rows } = insert;
  return { kind: 'rows', head, text: `(${rowsOf(rows, values).join('),(')})`, rows: rows.length };
}

/** LIMIT keeps its promise to change one row at the most, where its author has not. */
function guardText(like: StatementLike): string {
  const text = textOf(like);
  if (!/^\s*(update|delete)\s/i.test(text))
    throw new InvalidUnitError('a guard is an UPDATE or a DELETE of one row');
  return `${text} LIMIT 1`;
}

/**
 * The largest BIGINT UNSIGNED. Less the -1 that ROW_COUNT() gives after an error it is out of range, so that the
 * transaction fails. A server that cannot send the answer to a statement, because its client is gone, notes an error and
 * goes on with the text: compared by itself, ROW_COUNT() left out the rest of a unit whose guard had taken effect, and the
 * COMMIT behind it kept the half.
 */
const LARGEST = 2n ** 64n - 1n;

/** An INSERT of rows that takes effect only if the statement before it changed `expected` rows. */
function guardedInsert(like: StatementLike, expected: number): { text: string; rows: number } {
  if ('guard' in like) throw new InvalidUnitError('a unit has one guard, and it stands first');
  const { sql, values } = statementOf(like);
  const { insert } = shapeOf(sql);
  if (insert === undefined)
    throw new InvalidUnitError('only a plain INSERT … VALUES can follow a guard in its unit');
  const selects = rowsOf(insert.rows, values).map(
    (row) => `SELECT ${row} FROM DUAL WHERE ${LARGEST} - ROW_COUNT() = ${LARGEST - BigInt(expected)}`,
  );
  return { text: `${insert.head} ${selects.join(' UNION ALL ')}`, rows: selects.length };
}

function rowsOf(rows: readonly (readonly string[])[], values: readonly SqlValue[]): string[] {
  let from = 0;
  const texts = rows.map((pieces) => {
    const to = from + pieces.length - 1;
    const text = interleave(pieces, values, from);
    from = to;
    return text;
  });
  checkCount(from, values.length);
  return texts;
}

/** Length of a unit's text in UTF-8. */
export function bytesOf({ steps }: UnitText): number {
  return steps.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}
