import { InvalidUnitError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';
import { checkCount, filled, interleave } from './filled-text.ts';
import { alreadyText } from './query-text.ts';
import { type Shape, shapeOf } from './shape.ts';
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

/** Returns a unit of work for a scope. The router may call it again: it must return the same unit for the same scope. */
export type UnitOf<Row> = (scope: UnitScope) => Unit<Row>;

/** A unit of work: statements that take effect together, or not at all. */
export interface Unit<Row = unknown> {
  /**
   * INSERT, UPDATE and DELETE. The first may be a {@link guard}; then only plain INSERTs follow. Units are merged, so a
   * statement does not see what others in its transaction have done, and none may depend on another unit. A unit that
   * asks for LAST_INSERT_ID() or ROW_COUNT() has a transaction of its own, in which both are of its own statements.
   */
  readonly statements: readonly [StatementLike | GuardStatement, ...StatementLike[]];
  /**
   * A SELECT that returns a row once the unit has been applied, or once something else has taken its place for good, such as
   * its idempotency key. With it, the router writes a unit whose outcome is unknown again until the outcome is known. So the
   * unit must fail, by a unique key or its guard, where it has been applied already. Without it, such a unit ends with an
   * UnknownOutcomeError.
   */
  readonly already?: StatementLike<Row> | undefined;
}

/** One statement, or a part of one, as it goes into the text of a transaction. */
export type UnitStep =
  /** Rows of an INSERT, which join those of other units. `head` ends before VALUES. */
  | { readonly kind: 'rows'; readonly head: string; readonly text: string; readonly rows: number }
  /** A statement of its own, and the rows of an UPDATE or DELETE: the table, and where in the text their condition begins. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly rows?: { readonly table: string; readonly from: number } | undefined;
    }
  /** Rows after a guard: one INSERT each, which runs only if the statement before it changed one row. */
  | { readonly kind: 'chain'; readonly texts: readonly string[] };

/** A unit as text. */
export interface UnitText {
  readonly steps: readonly UnitStep[];
  /** Whether the first step decides if the unit is applied. Then each step runs only if the one before it took effect. */
  readonly guarded: boolean;
  /** Whether its statements ask what the session did before. If so, no statement of another unit may stand among them. */
  readonly alone: boolean;
  readonly already: string | undefined;
  /** Length of all of it, in UTF-16 units. */
  readonly length: number;
}

/** A statement of a unit, checked, with its values in their places. */
interface CheckedStatement {
  readonly shape: Shape;
  readonly values: readonly SqlValue[];
}

/**
 * Writes a unit out as text.
 *
 * @throws InvalidUnitError for statements that a unit cannot have
 * @throws InvalidValueError for a value that has no literal, or another number of values than the text has places
 */
export function unitText(unit: Unit): UnitText {
  const { guard, statements, already } = checkedUnit(unit);
  const alone = [guard, ...statements].some((one) => one?.shape.uses.previous !== undefined);
  let steps: UnitStep[];
  if (guard === undefined) steps = statements.map((one) => (alone ? wholeStep(one) : stepOf(one)));
  else if (alone) throw new InvalidUnitError('LAST_INSERT_ID() and ROW_COUNT() cannot go with a guard');
  else steps = [wholeStep(guard, ' LIMIT 1'), ...statements.map(chainOf)];
  return { steps, guarded: guard !== undefined, alone, already, length: lengthOf(steps, already) };
}

/** A unit as statements that are sent one by one: what {@link unitText} makes, for a transaction that is open. */
export interface UnitStatements {
  /** The guard's text; undefined in a unit without one. */
  readonly guard: string | undefined;
  readonly statements: readonly string[];
  readonly already: string | undefined;
  /** Whether the statements ask what the session did before. */
  readonly alone: boolean;
}

/**
 * The same unit by the same rules as {@link unitText}.
 *
 * @throws InvalidUnitError, InvalidValueError
 */
export function unitStatements(unit: Unit): UnitStatements {
  const { steps, already, alone } = unitText(unit);
  const checked = checkedUnit(unit);
  return {
    guard: checked.guard === undefined ? undefined : (steps[0] as { readonly text: string }).text,
    statements: checked.statements.map((one) => wholeStep(one).text),
    already,
    alone,
  };
}

function checkedUnit(unit: Unit): {
  guard: CheckedStatement | undefined;
  statements: readonly CheckedStatement[];
  already: string | undefined;
} {
  // Compiled callers give one at least; JavaScript ones may not.
  if (typeof unit !== 'object' || unit === null)
    throw new InvalidUnitError('a unit of work is an object with statements');
  const { statements, already } = unit;
  if (!Array.isArray(statements) || statements.length === 0)
    throw new InvalidUnitError('a unit has at least one statement');
  const [first, ...rest] = statements as Unit['statements'];
  const guard = isGuard(first) ? checkedGuard(first.guard) : undefined;
  const others = guard === undefined ? statements : rest;
  return {
    guard,
    statements: others.map(checkedStatement),
    already: already === undefined ? undefined : alreadyText(already),
  };
}

function isGuard(like: unknown): like is GuardStatement {
  return typeof like === 'object' && like !== null && 'guard' in like;
}

function checkedStatement(like: StatementLike | GuardStatement): CheckedStatement {
  if (isGuard(like)) throw new InvalidUnitError('a unit has one guard, and it stands first');
  const { sql, values } = statementOf(like);
  const shape = shapeOf(sql);
  if (shape.verb === 'SELECT') throw new InvalidUnitError('a SELECT is no statement of a unit');
  const { session, waits } = shape.uses;
  if (session !== undefined)
    throw new InvalidUnitError(`${session} is of the session, which units of other callers share`);
  if (waits !== undefined) throw new InvalidUnitError(`${waits} holds up the units of other callers`);
  return { shape, values };
}

/** Checks a guard. It later gets LIMIT 1, so that it changes at most one row even where its author has not ensured that. */
function checkedGuard(like: StatementLike): CheckedStatement {
  const one = checkedStatement(like);
  if (one.shape.verb === 'INSERT' || !one.shape.plain)
    throw new InvalidUnitError('a guard is an UPDATE or a DELETE of one row');
  if (one.shape.limited) throw new InvalidUnitError('a guard has no LIMIT: it is given LIMIT 1');
  return one;
}

function stepOf(one: CheckedStatement): UnitStep {
  const { insert } = one.shape;
  if (insert === undefined) return wholeStep(one);
  const { head, rows } = insert;
  return { kind: 'rows', head, text: `(${rowsOf(rows, one.values).join('),(')})`, rows: rows.length };
}

function wholeStep({ shape: { pieces, rows }, values }: CheckedStatement, suffix = '') {
  const { text, before } = filled(pieces, values, rows?.piece);
  return {
    kind: 'text',
    text: text + suffix,
    rows: rows === undefined ? undefined : { table: rows.table, from: before + rows.offset },
  } as const;
}

/**
 * The largest BIGINT UNSIGNED. After an error ROW_COUNT() is -1: subtracting that from this number is out of range, so the
 * transaction fails. This is needed because a server that cannot send the answer to a statement, since its client is gone,
 * notes an error and goes on with the text. When ROW_COUNT() was compared by itself, that left out the rest of a unit whose
 * guard had taken effect, and the COMMIT behind it kept half of the unit.
 */
const LARGEST = 2n ** 64n - 1n;
const ONE_ROW_BEFORE = `${LARGEST} - ROW_COUNT() = ${LARGEST - 1n}`;

/**
 * Rows that take effect only if the statement before them did. Each is an INSERT of its own: in a UNION the columns of all
 * rows have one type, which changes values.
 */
function chainOf({ shape: { insert }, values }: CheckedStatement): UnitStep {
  if (insert === undefined)
    throw new InvalidUnitError('only a plain INSERT … VALUES can follow a guard in its unit');
  if (insert.defaults)
    throw new InvalidUnitError('a row behind a guard cannot say DEFAULT: leave its column out');
  const texts = rowsOf(insert.rows, values).map(
    (row) => `${insert.head} SELECT ${row} FROM DUAL WHERE ${ONE_ROW_BEFORE}`,
  );
  return { kind: 'chain', texts };
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

function lengthOf(steps: readonly UnitStep[], already: string | undefined): number {
  let length = already?.length ?? 0;
  for (const step of steps) {
    if (step.kind === 'chain') for (const text of step.texts) length += text.length;
    else length += step.text.length;
  }
  return length;
}

/** Length of a unit's text in UTF-8. */
export function bytesOf({ steps, already }: UnitText): number {
  let bytes = already === undefined ? 0 : Buffer.byteLength(already);
  for (const step of steps) {
    if (step.kind === 'chain') for (const text of step.texts) bytes += Buffer.byteLength(text);
    else bytes += Buffer.byteLength(step.text);
    if (step.kind === 'rows') bytes += Buffer.byteLength(step.head);
  }
  return bytes;
}
