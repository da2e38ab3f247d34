import { textOfWords, type Word } from '../statement/one-statement.ts';
import { piecesOf } from './pieces.ts';

/** Which rows a statement is for: those of a table that meet the condition at its end. */
export interface RowsShape {
  /** The table's name as it is written, without quotes. */
  readonly table: string;
  /** Where the condition begins: in which piece of the statement, and behind how many characters of it. */
  readonly piece: number;
  readonly offset: number;
}

/** @param at what follows the verb and its modifiers */
export function rowsShapeOf(words: readonly Word[], at: number): RowsShape | undefined {
  const verb = words[0]?.upper;
  if (verb !== 'UPDATE' && verb !== 'DELETE') return undefined;
  const from = verb === 'DELETE' ? at + 1 : at;
  const to = words.findIndex(
    ({ upper, depth }, index) => index > at && depth === 0 && upper === (verb === 'DELETE' ? 'WHERE' : 'SET'),
  );
  const where = words.findIndex(({ upper, depth }) => depth === 0 && upper === 'WHERE');
  const table = words.slice(from, to);
  if (
    to < 0 ||
    where < 0 ||
    !table.every(({ kind, text }) => kind === 'word' || kind === 'name' || text === '.')
  )
    return undefined;
  const before = piecesOf(words.slice(0, where));
  return {
    table: textOfWords(table).replaceAll('`', ''),
    piece: before.length - 1,
    offset: before.at(-1)!.length,
  };
}
