import { InvalidValueError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';
import { literal } from './literal.ts';

/** A statement's pieces with the literals of its values between them, and how long the text is before one of the pieces. */
export function filled(
  pieces: readonly string[],
  values: readonly SqlValue[],
  piece = 0,
): { readonly text: string; readonly before: number } {
  checkCount(pieces.length - 1, values.length);
  let text = pieces[0]!;
  let before = 0;
  for (let i = 1; i < pieces.length; i += 1) {
    text += literal(values[i - 1]!);
    if (i === piece) before = text.length;
    text += pieces[i]!;
  }
  return { text, before };
}

/** Pieces with the literals of the values from `from` on. */
export function interleave(pieces: readonly string[], values: readonly SqlValue[], from: number): string {
  let text = pieces[0]!;
  for (let i = 1; i < pieces.length; i += 1) text += literal(values[from + i - 1]!) + pieces[i]!;
  return text;
}

/** @throws InvalidValueError when there are more or fewer values than places */
export function checkCount(places: number, values: number): void {
  if (places !== values) throw new InvalidValueError(`a statement has ${places} places and ${values} values`);
}
