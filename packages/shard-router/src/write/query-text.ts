import { InvalidUnitError } from '../errors.ts';
import { checkCount, interleave } from './filled-text.ts';
import { type Shape, shapeOf } from './shape.ts';
import { type StatementLike, statementOf } from './statement.ts';

/**
 * The text of one query that is sent among other statements, with its values in their places.
 *
 * @throws InvalidUnitError for anything but one SELECT, for one that leaves something in its session, and for one that asks
 * what the session did before
 * @throws InvalidValueError for a value that has no literal, or another number of values than the text has places
 */
export function queryText(like: StatementLike): string {
  const { sql, values } = statementOf(like);
  const { pieces } = queryShape(sql);
  checkCount(pieces.length - 1, values.length);
  return interleave(pieces, values, 0);
}

/** Returns the shape of a query that {@link queryText} takes. Throws as it does. */
export function queryShape(sql: string): Shape {
  const shape = shapeOf(sql);
  checkQuery(shape);
  return shape;
}

/** {@link queryText} of an `already`, which is sent together with those of other callers. */
export function alreadyText(like: StatementLike): string {
  const { waits } = shapeOf(statementOf(like).sql).uses;
  if (waits !== undefined) throw new InvalidUnitError(`${waits} holds up the units of other callers`);
  return queryText(like);
}

function checkQuery({ verb, uses: { previous, session } }: Shape): void {
  if (verb !== 'SELECT') throw new InvalidUnitError('what is asked for is a SELECT');
  const found = previous ?? session;
  if (found !== undefined)
    throw new InvalidUnitError(`${found} is of the session, which statements of other callers share`);
}
