import { InvalidValueError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';
import { literal } from './literal.ts';
import { shapeOf } from './shape.ts';
import { type StatementLike, statementOf } from './statement.ts';

/**
 * A statement with its values in their places.
 *
 * @throws InvalidUnitError, InvalidValueError
 */
export function textOf(like: StatementLike): string {
  const { sql, values } = statementOf(like);
  return filled(shapeOf(sql).pieces, values);
}

export function filled(pieces: readonly string[], values: readonly SqlValue[]): string {
  checkCount(pieces.length - 1, values.length);
  return interleave(pieces, values, 0);
}

export function interleave(pieces: readonly string[], values: readonly SqlValue[], from: number): string {
  let text = pieces[0]!;
  for (let i = 1; i < pieces.length; i += 1) text += literal(values[from + i - 1]!) + pieces[i]!;
  return text;
}

export function checkCount(places: number, values: number): void {
  if (places !== values) throw new InvalidValueError(`a statement has ${places} places and ${values} values`);
}
