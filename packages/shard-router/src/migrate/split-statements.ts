import { MigrationRefusedError } from './errors.ts';

/** One statement of a file, without the delimiter that ends it. */
export interface SplitStatement {
  readonly sql: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Its first words as they are written, names without their quotes, and qualified names in one. */
  readonly words: readonly string[];
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|--(?=\s|$)[^\n]*|#[^\n]*|/\*(?![!+]|M!)[^]*?\*/)`,
    String.raw`(?<code>/\*(?:!|M!|\+)[^]*?\*/)`,
    String.raw`(?<name>${'`'}[^${'`'}]*(?:${'``'}[^${'`'}]*)*${'`'})`,
    String.raw`(?<text>'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*")`,
    String.raw`(?<word>[\w$\u0080-\uffff]+)`,
    String.raw`(?<other>[^])`,
  ].join('|'),
  'y',
);
const DELIMITER = /DELIMITER[ \t]+(\S+)[ \t]*(?=\r?\n|$)/iy;

const WORDS_KEPT = 16;
const PROGRAMS = new Set(['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT']);
const NO_PROGRAM = new Set(['TABLE', 'VIEW', 'INDEX', 'DATABASE', 'SCHEMA', 'USER', 'ROLE', 'SERVER']);
const CONTROL_FLOW = new Set(['THEN', 'LOOP', 'UNTIL', 'WHILE']);

/**
 * Counts BEGIN … END and CASE … END in the body of a stored program. `END IF`, `END LOOP` and the like do not count, because
 * the IF or LOOP was not counted either.
 */
class Nesting {
  readonly #words: string[] = [];
  #program = false;
  #depth = 0;
  #before = '';
  #loose = false;

  get words(): readonly string[] {
    return this.#words;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Whether the body has statements of its own without a BEGIN around them, so that nobody can see where it ends. */
  get loose(): boolean {
    return this.#loose;
  }

  name(name: string): void {
    this.#keep(name);
    this.#before = '';
  }

  other(character: string): void {
    this.#before = character;
  }

  word(written: string): void {
    this.#keep(written);
    const word = written.toUpperCase();
    const before = this.#before;
    this.#before = word;
    if (!this.#program) {
      this.#program = this.#beginsProgram(word);
      return;
    }
    if (before === '.' || before === '@') return; // A part of a name.
    if (word === 'BEGIN' || (word === 'CASE' && before !== 'END')) this.#depth += 1;
    else if (word === 'END') this.#depth -= 1;
    else if (before === 'END' && ['IF', 'LOOP', 'WHILE', 'REPEAT'].includes(word)) this.#depth += 1;
    else if (this.#depth === 0 && CONTROL_FLOW.has(word)) this.#loose = true;
  }

  #keep(word: string): void {
    if (this.#before === '.' && this.#words.length > 0) this.#words.push(`${this.#words.pop()}.${word}`);
    else if (this.#words.length < WORDS_KEPT) this.#words.push(word);
  }

  #beginsProgram(word: string): boolean {
    const [first, second] = this.#words.map((kept) => kept.toUpperCase());
    if (first === 'BEGIN' && second === 'NOT' && word === 'NOT') {
      this.#depth = 1;
      return true;
    }
    return (
      (first === 'CREATE' || first === 'ALTER') &&
      PROGRAMS.has(word) &&
      !this.#words.some((earlier) => NO_PROGRAM.has(earlier.toUpperCase()))
    );
  }
}

/**
 * Splits the text of a migration where its statements end: at `;` outside of quotes, comments and the body of a stored
 * program, or at what a line `DELIMITER …` says, as the mysql client does. Backslash escapes are on.
 *
 * Each statement is sent by itself, so a text that is cut wrongly is a syntax error on the server, never half a change.
 *
 * @param file for messages
 * @throws MigrationRefusedError for a text whose statements do not end
 */
export function splitStatements(text: string, file: string): readonly SplitStatement[] {
  const statements: SplitStatement[] = [];
  let delimiter = ';';
  let nesting = new Nesting();
  let start = -1;
  let end = 0;
  const lineAt = (index: number) => text.slice(0, index).split('\n').length;
  const refuse = (index: number, what: string) =>
    new MigrationRefusedError(file, `${file}, line ${lineAt(index)}: ${what}`);
  const finish = () => {
    if (start >= 0)
      statements.push({ sql: text.slice(start, end), line: lineAt(start), words: nesting.words });
    start = -1;
    nesting = new Nesting();
  };

  for (let at = 0; at < text.length;) {
    if (start < 0) {
      DELIMITER.lastIndex = at;
      const changed = DELIMITER.exec(text);
      if (changed !== null) {
        delimiter = changed[1]!;
        at = DELIMITER.lastIndex;
        continue;
      }
    }
    if (text.startsWith(delimiter, at) && (delimiter !== ';' || nesting.depth <= 0)) {
      if (delimiter === ';' && nesting.loose) {
        throw refuse(start, 'a stored program with more than one statement needs BEGIN … END around them');
      }
      finish();
      at += delimiter.length;
      continue;
    }
    TOKEN.lastIndex = at;
    const { space, name, text: quoted, word, other } = TOKEN.exec(text)!.groups!;
    const from = at;
    at = TOKEN.lastIndex;
    if (space !== undefined) continue;
    if (start < 0) start = from;
    end = at;
    if (word !== undefined) nesting.word(word);
    else if (name !== undefined) nesting.name(name.slice(1, -1).replaceAll('``', '`'));
    else if (quoted !== undefined) nesting.other("'");
    else if (other !== undefined) {
      const opened = /['"`]/.test(other) || text.startsWith('/*', from);
      if (opened) throw refuse(from, 'a quote or a comment that begins here does not end');
      nesting.other(other);
    }
  }
  if (start >= 0 && delimiter === ';' && nesting.depth > 0) throw refuse(start, 'a BEGIN here has no END');
  finish();
  return statements;
}
