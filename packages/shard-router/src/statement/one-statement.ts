import { InvalidUnitError } from '../errors.ts';
import { type TokenKind, tokensOf } from './tokens.ts';

/** A token of one statement, as it is sent. */
export interface Word {
  readonly kind: TokenKind;
  readonly text: string;
  /** The text in capitals, for a word without quotes; empty for anything else. */
  readonly upper: string;
  /** Whether blanks or a comment stand before it. */
  readonly spaced: boolean;
  /** How many parentheses are open around it. A parenthesis itself is as deep as what is around its pair. */
  readonly depth: number;
}

/** Hints of names, numbers and parentheses. A quote in one would be read by rules of its own. */
const PLAIN_HINT = /^\/\*\+[\w\s(),@.=#%-]*\*\/$/;
/** `$$ … $$` and `$tag$ … $tag$` are texts for newer servers, also right behind a number. */
const DOLLAR_QUOTE = /^(?:\$|\d[^$]*\$)/;
/** Tokens that a literal right beside them would become a part of. */
const STICKY: ReadonlySet<TokenKind> = new Set(['word', 'text', 'name', 'variable', 'unclosed']);

/**
 * Returns the tokens of exactly one statement. It refuses what servers of different versions would read differently, so that
 * nothing in the text can reach what stands before or behind it.
 *
 * @throws InvalidUnitError for several statements, code that depends on the server's version, a quote or comment that does
 *   not end, text that is no Unicode, and characters that no statement has outside of quotes
 */
export function oneStatement(sql: string): readonly Word[] {
  if (!sql.isWellFormed()) throw refused('holds half of a surrogate pair: it is no Unicode text');
  const words: Word[] = [];
  let depth = 0;
  let ended = false;
  let last = 0;
  for (const { kind, start, end } of tokensOf(sql)) {
    const text = sql.slice(start, end);
    if (ended) throw refused('is more than one statement');
    check(kind, text);
    const spaced = start > last;
    last = end;
    if (text === ';') {
      ended = true;
      continue;
    }
    if (text === ')') depth -= 1;
    if (depth < 0) throw refused('closes a parenthesis that is not open');
    words.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : '', spaced, depth });
    if (text === '(') depth += 1;
    checkBeside(words.at(-2), words.at(-1)!);
  }
  if (depth > 0) throw refused('has a parenthesis that is not closed');
  return words;
}

/** The text of some tokens of a statement. A comment between two of them is a blank; at the edges it is nothing. */
export function textOfWords(words: readonly Word[]): string {
  let text = '';
  for (const [index, word] of words.entries()) text += index > 0 && word.spaced ? ` ${word.text}` : word.text;
  return text;
}

function check(kind: TokenKind, text: string): void {
  switch (kind) {
    case 'unclosed':
      throw refused(`has a ${text.startsWith('/*') ? 'comment' : text[0]} that is not closed`);
    case 'code':
      throw refused('has code that depends on the version of the server: /*! … */');
    case 'hint':
      if (!PLAIN_HINT.test(text)) throw refused('has a hint that holds more than names and numbers');
      return;
    case 'word':
      if (DOLLAR_QUOTE.test(text)) throw refused('has a $ where servers may read a quoted text');
      return;
    case 'mark':
      // eslint-disable-next-line no-control-regex -- They are what is looked for.
      if (/[\u0000-\u001f\u007f\\]/.test(text)) throw refused('has a character that no statement has there');
      return;
    default:
  }
}

/** A literal takes the place of a `?`: `x?` would become the bytes x'…', and `?'a'` one text of two. */
function checkBeside(before: Word | undefined, word: Word): void {
  if (before === undefined || word.spaced) return;
  const sticks = (other: Word) => STICKY.has(other.kind) || other.text === '.' || other.text === '?';
  if ((word.text === '?' && sticks(before)) || (before.text === '?' && sticks(word)))
    throw refused('has a ? that touches what is beside it');
}

function refused(why: string): InvalidUnitError {
  return new InvalidUnitError(`a statement of the unit ${why}`);
}
