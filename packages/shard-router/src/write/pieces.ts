import { textOfWords, type Word } from '../statement/one-statement.ts';

/** Some tokens as text, cut at each `?`. */
export function piecesOf(words: readonly Word[]): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const [index, word] of words.entries()) {
    if (word.kind !== 'mark' || word.text !== '?') continue;
    pieces.push(pieceOf(words, from, index));
    from = index + 1;
  }
  pieces.push(pieceOf(words, from, words.length));
  return pieces;
}

/** The text from one place to the next, with the blanks at its edges but not those of the statement. */
function pieceOf(words: readonly Word[], from: number, to: number): string {
  const before = from > 0 && words[from]?.spaced === true ? ' ' : '';
  const behind = to > from && words[to]?.spaced === true ? ' ' : '';
  return before + textOfWords(words.slice(from, to)) + behind;
}
