import { InvalidUnitError } from '../errors.ts';

/** A statement's text, cut where its values go. */
export interface Shape {
  /** One more than there are values. */
  readonly pieces: readonly string[];
  /** Set for a plain `INSERT INTO … VALUES …`, which can be merged with others. */
  readonly insert: InsertShape | undefined;
}

/** A plain INSERT, cut into what all rows share and the rows. */
export interface InsertShape {
  /** The text before `VALUES`. */
  readonly head: string;
  /** For each row, what stands between its parentheses, cut where its values go. */
  readonly rows: readonly (readonly string[])[];
}

/** Texts of an application are few: those of its code. One that makes ever new ones does not fill the memory. */
const MAX_KNOWN = 2_000;
const known = new Map<string, Shape>();

/**
 * The shape of a statement's text.
 *
 * @throws InvalidUnitError for more than one statement, a text that does not end, statements of another kind than INSERT,
 * UPDATE, DELETE and SELECT, and INSERT IGNORE, which would lose rows without a word
 */
export function shapeOf(text: string): Shape {
  const found = known.get(text);
  if (found !== undefined) return found;
  const shape = parse(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, shape);
  return shape;
}

/** A character that means something, and where: outside of quotes and comments. */
interface Mark {
  readonly at: number;
  readonly char: '?' | '(' | ')' | ',';
  /** How many parentheses are open around it. */
  readonly depth: number;
}

function parse(text: string): Shape {
  const marks: Mark[] = [];
  /** The same length, with quoted text and comments blanked. */
  let bare = '';
  let depth = 0;
  let ended = false;
  for (let at = 0; at < text.length;) {
    const end = endOfQuoted(text, at);
    if (end > at) {
      bare += ' '.repeat(end - at);
      at = end;
      continue;
    }
    const char = text[at]!;
    if (ended && char.trim() !== '')
      throw new InvalidUnitError('a statement of the unit is more than one statement');
    if (char === ';') ended = true;
    else if (char === ')') marks.push({ at, char, depth: (depth -= 1) });
    else if (char === '(') marks.push({ at, char, depth: depth++ });
    else if (char === '?' || char === ',') marks.push({ at, char, depth });
    bare += ended ? ' ' : char;
    at += 1;
  }
  if (!/^\s*(insert|update|delete|select|with)\b/i.test(bare)) {
    throw new InvalidUnitError('a unit is made of INSERT, UPDATE and DELETE');
  }
  if (/^\s*insert\s+(\w+\s+)*?ignore\b/i.test(bare)) {
    throw new InvalidUnitError('INSERT IGNORE loses rows without a word: a unit has none');
  }
  const statement = ended ? text.slice(0, bare.trimEnd().length) : text;
  const values = marks.filter(({ char }) => char === '?').map(({ at }) => at);
  return { pieces: cut(statement, 0, statement.length, values), insert: insertOf(statement, bare, marks) };
}

/** Where a quoted text or comment that begins here ends; `at` when none does. */
function endOfQuoted(text: string, at: number): number {
  const char = text[at]!;
  if (char === "'" || char === '"' || char === '`') {
    for (let i = at + 1; i < text.length; i += 1) {
      if (text[i] === '\\' && char !== '`') i += 1;
      else if (text[i] === char) return i + 1;
    }
    throw new InvalidUnitError(`a statement of the unit has a ${char} that is not closed`);
  }
  if (char === '#' || /^--\s/.test(text.slice(at, at + 3))) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  if (char === '/' && text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    if (end < 0) throw new InvalidUnitError('a statement of the unit has a comment that is not closed');
    return end + 2;
  }
  return at;
}

function insertOf(text: string, bare: string, marks: readonly Mark[]): InsertShape | undefined {
  const head = /^\s*insert\s+into\s+[^(]*\([^()]*\)\s*values?\s*(?=\()/i.exec(bare)?.[0];
  if (head === undefined) return undefined;
  const rows: string[][] = [];
  let at = head.length;
  const outer = marks.filter((mark) => mark.at >= at && mark.depth === 0 && mark.char !== '?');
  for (let i = 0; i < outer.length; i += 3) {
    const [open, close, comma] = outer.slice(i, i + 3);
    if (open?.char !== '(' || close?.char !== ')' || bare.slice(at, open.at).trim() !== '') return undefined;
    const inside = marks.filter((mark) => mark.char === '?' && mark.at > open.at && mark.at < close.at);
    rows.push(
      cut(
        text,
        open.at + 1,
        close.at,
        inside.map((mark) => mark.at),
      ),
    );
    at = (comma?.at ?? close.at) + 1;
    if (comma === undefined && bare.slice(at).trim() !== '') return undefined;
    if (comma !== undefined && (comma.char !== ',' || bare.slice(close.at + 1, comma.at).trim() !== ''))
      return undefined;
  }
  return {
    head: text
      .slice(0, head.length)
      .replace(/\s*values?\s*$/i, '')
      .trim(),
    rows,
  };
}

function cut(text: string, from: number, to: number, places: readonly number[]): string[] {
  const edges = [from - 1, ...places, to];
  return edges.slice(1).map((edge, i) => text.slice(edges[i]! + 1, edge));
}
