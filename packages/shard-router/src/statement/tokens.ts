/**
 * What a piece of SQL text is. Blanks and plain comments are none: they are between tokens.
 *
 * - `word`: a keyword, a name without quotes, or a number
 * - `name`: a name in backquotes
 * - `text`: a text in single or double quotes
 * - `variable`: `@name`, `@@name`, or `@` before a quoted name, without the name
 * - `mark`: any other character, such as `(`, `?` or `;`
 * - `hint`: an optimizer hint, `/*+ … *\/`
 * - `code`: text that some servers run and others skip, `/*! … *\/` or `/*M! … *\/`
 * - `unclosed`: a quote or a comment that does not end, up to the end of the text
 */
export type TokenKind = 'word' | 'name' | 'text' | 'variable' | 'mark' | 'hint' | 'code' | 'unclosed';

/** A piece of SQL text: `text.slice(start, end)`. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

/**
 * Blanks are those of ASCII: a no-break space is a letter for the server, and any other control character is no part of a
 * statement. A line comment with `--` needs a blank, a control character or the end of the text behind it, and ends at
 * `\n` alone.
 */
const SKIPPED = String.raw`[\t-\r ]+|--(?=[\u0000- \u007f]|$)[^\n]*|#[^\n]*|/\*(?![!+]|M!)[^]*?\*/`;

const TOKEN = new RegExp(
  [
    `(?<skipped>${SKIPPED})`,
    String.raw`(?<code>/\*M?![^]*?\*/)`,
    String.raw`(?<hint>/\*\+[^]*?\*/)`,
    String.raw`(?<name>${'`'}[^${'`'}]*(?:${'``'}[^${'`'}]*)*${'`'})`,
    String.raw`(?<text>'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*")`,
    String.raw`(?<variable>@@?[\w$.\u0080-\uffff]*)`,
    String.raw`(?<word>[\w$\u0080-\uffff]+)`,
    String.raw`(?<unclosed>(?:['"${'`'}]|/\*)[^]*)`,
    String.raw`(?<mark>[^])`,
  ].join('|'),
  'y',
);
const KINDS: readonly TokenKind[] = ['word', 'mark', 'text', 'name', 'variable', 'hint', 'code', 'unclosed'];

/**
 * The tokens of a statement's text as MySQL and MariaDB read it, in a session with backslash escapes and without
 * ANSI_QUOTES, as the router's sessions are. Two texts with the same tokens are the same statement.
 */
export function* tokensOf(text: string): Generator<Token, void> {
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at; // Shared by interleaved readers, so it is set each time.
    const { groups } = TOKEN.exec(text)!;
    const start = at;
    at = TOKEN.lastIndex;
    if (groups!['skipped'] !== undefined) continue;
    yield { kind: KINDS.find((kind) => groups![kind] !== undefined)!, start, end: at };
  }
}

/** The first `count` words of a text in capitals, up to the first token that is none: the verb of a statement and what follows it. */
export function leadingWords(text: string, count: number): readonly string[] {
  const words: string[] = [];
  for (const { kind, start, end } of tokensOf(text)) {
    if (kind !== 'word' || words.length === count) break;
    words.push(text.slice(start, end).toUpperCase());
  }
  return words;
}
