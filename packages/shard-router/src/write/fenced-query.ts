import { oneStatement, type Word } from '../statement/one-statement.ts';
import { FENCE_COLUMN } from '../sql/read-fence.ts';
import { checkCount, interleave } from './filled-text.ts';
import { piecesOf } from './pieces.ts';
import { queryShape } from './query-text.ts';
import type { Shape } from './shape.ts';
import { type StatementLike, statementOf } from './statement.ts';

/** A query cut where its list of columns ends, each part cut where its values go. */
interface CutQuery {
  readonly list: readonly string[];
  readonly rest: readonly string[];
}

/** A query that reads its fence too. */
export interface FencedQuery {
  /** Of the query as it was given. */
  readonly shape: Shape;
  readonly text: string;
}

/** With one of these words outside of parentheses, a query is several, or locks rows: then it does not read as of one moment. */
const NOT_ONE = new Set(['UNION', 'EXCEPT', 'INTERSECT', 'MINUS', 'FOR', 'LOCK', 'INTO', 'PROCEDURE']);

/** By shape, of which there is one for each text. */
const known = new WeakMap<Shape, CutQuery | 'whole'>();

/**
 * Returns the text of a query with the fence as its last column, so that one statement reads both as of one moment. Returns
 * undefined for queries of another form than one `SELECT … FROM …`.
 *
 * @throws InvalidUnitError, InvalidValueError as `queryText` does
 */
export function fencedQuery(like: StatementLike, fence: string): FencedQuery | undefined {
  const { sql, values } = statementOf(like);
  const shape = queryShape(sql);
  let cut = known.get(shape);
  if (cut === undefined) {
    cut = cutQuery(oneStatement(sql)) ?? 'whole';
    known.set(shape, cut);
  }
  if (cut === 'whole') return undefined;
  const { list, rest } = cut;
  checkCount(list.length + rest.length - 2, values.length);
  const columns = interleave(list, values, 0);
  const text = `${columns} , (${fence}) AS ${FENCE_COLUMN} ${interleave(rest, values, list.length - 1)}`;
  return { shape, text };
}

function cutQuery(words: readonly Word[]): CutQuery | undefined {
  if (words[0]?.upper !== 'SELECT') return undefined;
  if (words.some(({ depth, upper }) => depth === 0 && NOT_ONE.has(upper))) return undefined;
  // A word behind a dot is a name, whatever it is.
  const at = words.findIndex(
    ({ depth, upper }, index) => depth === 0 && upper === 'FROM' && words[index - 1]?.text !== '.',
  );
  if (at < 2) return undefined;
  return { list: piecesOf(words.slice(0, at)), rest: piecesOf(words.slice(at)) };
}
