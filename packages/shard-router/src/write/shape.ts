import { InvalidUnitError } from '../errors.ts';
import { oneStatement, type Word } from '../statement/one-statement.ts';
import { type InsertShape, insertOf } from './insert-shape.ts';
import { piecesOf } from './pieces.ts';
import { type RowsShape, rowsShapeOf } from './rows-shape.ts';
import { type SessionUse, sessionUseOf } from './session-use.ts';

export type Verb = 'INSERT' | 'UPDATE' | 'DELETE' | 'SELECT';

/** A statement's text without comments, cut where its values go. */
export interface Shape {
  /** What it does, also where a WITH stands before. */
  readonly verb: Verb;
  /** Whether the verb is its first word. */
  readonly plain: boolean;
  /** One more than there are values. */
  readonly pieces: readonly string[];
  /** Set for a plain `INSERT INTO … VALUES …`, which can be merged with others. */
  readonly insert: InsertShape | undefined;
  readonly uses: SessionUse;
  /** The rows that an UPDATE or DELETE of one table affects; undefined when that cannot be told. */
  readonly rows: RowsShape | undefined;
  /** Whether LIMIT stands in the statement itself, not in a part in parentheses. */
  readonly limited: boolean;
}

/** An application has few texts: those in its code. The limit keeps one that makes ever new texts from filling the memory. */
const MAX_KNOWN = 2_000;
const known = new Map<string, Shape>();

/**
 * Returns the shape of a statement's text. The text is exactly one statement, wherever it is put.
 *
 * @throws InvalidUnitError for what {@link oneStatement} refuses, for statements other than INSERT, UPDATE, DELETE and
 *   SELECT, and for statements with IGNORE (which loses rows silently), RETURNING, or INTO in a SELECT
 */
export function shapeOf(text: string): Shape {
  const found = known.get(text);
  if (found !== undefined) return found;
  const shape = parse(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, shape);
  return shape;
}

const VERBS: ReadonlySet<string> = new Set<Verb>(['INSERT', 'UPDATE', 'DELETE', 'SELECT']);
const MODIFIERS = new Set(['LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'QUICK']);

function parse(text: string): Shape {
  const words = oneStatement(text);
  const at = verbAt(words);
  const verb = words[at]?.upper;
  if (verb === undefined || !VERBS.has(verb))
    throw new InvalidUnitError('a unit is made of INSERT, UPDATE and DELETE');
  let behind = at + 1;
  while (MODIFIERS.has(words[behind]?.upper ?? '') || words[behind]?.kind === 'hint') behind += 1;
  if (verb !== 'SELECT' && words[behind]?.upper === 'IGNORE')
    throw new InvalidUnitError(`${verb} IGNORE loses rows without a word: a unit has none`);
  if (verb === 'SELECT' && words.some(({ upper }) => upper === 'INTO'))
    throw new InvalidUnitError('a SELECT … INTO leaves something behind: no query here has it');
  if (verb !== 'SELECT' && words.some(({ upper, depth }) => upper === 'RETURNING' && depth === 0))
    throw new InvalidUnitError('a statement of a unit gives no rows: it has no RETURNING');
  return {
    verb: verb as Verb,
    plain: at === 0,
    pieces: piecesOf(words),
    insert: verb === 'INSERT' ? insertOf(words) : undefined,
    uses: sessionUseOf(words),
    rows: rowsShapeOf(words, behind),
    limited: words.some(({ upper, depth }) => upper === 'LIMIT' && depth === 0),
  };
}

/** Where the verb stands: first, in parentheses around a query, or behind the queries of a WITH. */
function verbAt(words: readonly Word[]): number {
  let at = 0;
  while (words[at]?.text === '(') at += 1;
  if (words[at]?.upper !== 'WITH') return at;
  const { depth } = words[at]!;
  return words.findIndex((word) => word.depth === depth && VERBS.has(word.upper));
}
