import { CsvError, parse } from 'csv-parse/sync';
import { type Line, readLines } from './lines.ts';
import type { RawRefusal } from './raw-order.ts';

export interface CsvRow {
  /** Where the row begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A row that cannot be read, with the fields that stand before its first quote and so are sure. */
export interface BrokenRow extends RawRefusal {
  readonly sure: readonly string[];
}

/** How many lines one row may take, by line feeds within quotes. */
export const LONGEST_ROW = 20;

/**
 * Reads rows of RFC 4180 CSV. A row that cannot be parsed is refused, and reading goes on with the line after the row's first
 * line. csv-parse gets one row at a time, because its own way of skipping a broken quote also drops whole rows behind it.
 */
export async function* readCsvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow | BrokenRow> {
  let open: Line[] = [];
  for await (const read of readLines(chunks)) {
    if ('reason' in read) {
      yield* takeRows(open, false);
      open = [];
      yield { ...read, sure: [] };
    } else {
      open.push(read);
      open = yield* takeRows(open, true);
    }
  }
  yield* takeRows(open, false);
}

/** Takes complete rows off the front of `lines`, and returns the lines left: an unfinished row, if more lines may come. */
function* takeRows(lines: Line[], moreMayCome: boolean): Generator<CsvRow | BrokenRow, Line[]> {
  let rest = lines;
  while (rest.length > 0) {
    if (rest[0]!.text.trim() === '') {
      rest = rest.slice(1);
      continue;
    }
    const length = lengthOfRow(rest);
    if (length === undefined && moreMayCome && rest.length < LONGEST_ROW) return rest;
    const row =
      length === undefined
        ? brokenRow(rest, 'a quote is opened and not closed')
        : parseRow(rest.slice(0, length));
    yield row;
    rest = rest.slice('reason' in row ? 1 : length);
  }
  return rest;
}

/**
 * Returns how many lines the first row takes: up to the line where every quote is closed, so that the number of quotes is
 * even.
 */
function lengthOfRow(lines: readonly Line[]): number | undefined {
  let quotes = 0;
  for (const [index, { text }] of lines.entries()) {
    quotes += text.split('"').length - 1;
    if (quotes % 2 === 0) return index + 1;
  }
  return undefined;
}

function parseRow(lines: readonly Line[]): CsvRow | BrokenRow {
  const { line } = lines[0]!;
  const text = lines.map((one) => one.text).join('\n');
  if (!text.includes('"')) return { line, fields: text.split(',') };
  try {
    const rows: string[][] = parse(text, { record_delimiter: '\n' });
    return { line, fields: rows[0] ?? [] };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return brokenRow(lines, `the row is not CSV: ${error.message.replace(/ at line \d+/, '')}`);
  }
}

function brokenRow(lines: readonly Line[], reason: string): BrokenRow {
  const { line, text } = lines[0]!;
  return { line, reason, sure: (text.split('"')[0] ?? '').split(',').slice(0, -1) };
}
