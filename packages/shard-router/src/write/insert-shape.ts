import { textOfWords, type Word } from '../statement/one-statement.ts';
import { piecesOf } from './pieces.ts';

/** A plain INSERT, cut into what all rows share and the rows. */
export interface InsertShape {
  /** The text before `VALUES`. */
  readonly head: string;
  /** For each row, what stands between its parentheses, cut where its values go. */
  readonly rows: readonly (readonly string[])[];
  /** Whether a row says DEFAULT in place of a value. */
  readonly defaults: boolean;
}

/** The shape of `INSERT INTO table (columns) VALUES (…), …`; undefined for an INSERT of any other form. */
export function insertOf(words: readonly Word[]): InsertShape | undefined {
  if (words[0]?.upper !== 'INSERT' || words[1]?.upper !== 'INTO') return undefined;
  const columns = words.findIndex(({ text }) => text === '(');
  if (!words.slice(2, columns).every(({ kind, text }) => kind === 'word' || kind === 'name' || text === '.'))
    return undefined;
  const values = words.findIndex(
    ({ upper, depth }) => depth === 0 && (upper === 'VALUES' || upper === 'VALUE'),
  );
  if (values < 0 || columns < 0 || columns > values || !isColumnList(words.slice(columns, values)))
    return undefined;
  const rows = rowsOf(words, values + 1);
  if (rows === undefined) return undefined;
  return {
    head: textOfWords(words.slice(0, values)),
    rows: rows.map(piecesOf),
    defaults: rows.some((row) =>
      row.some(({ upper }, index) => upper === 'DEFAULT' && row[index + 1]?.text !== '('),
    ),
  };
}

function isColumnList(words: readonly Word[]): boolean {
  return (
    words.at(-1)?.text === ')' &&
    words
      .slice(1, -1)
      .every(({ kind, text }) => kind === 'word' || kind === 'name' || text === ',' || text === '.')
  );
}

/** The rows from `at` on to the end, without their parentheses; undefined when anything else stands there. */
function rowsOf(words: readonly Word[], at: number): readonly (readonly Word[])[] | undefined {
  const rows: (readonly Word[])[] = [];
  for (let open = at; ;) {
    if (words[open]?.text !== '(') return undefined;
    const close = words.findIndex(({ text, depth }, index) => index > open && text === ')' && depth === 0);
    rows.push(words.slice(open + 1, close));
    if (close === words.length - 1) return rows;
    if (words[close + 1]?.text !== ',') return undefined;
    open = close + 2;
  }
}
