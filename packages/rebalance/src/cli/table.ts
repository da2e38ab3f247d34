import { visible } from '@ordershard/process';
import { partsOf, wrapped } from './wrap.ts';

/** A row of a table that a command prints. */
export type Row = Readonly<Record<string, unknown>>;

const GAP = 2;

/** How a value is shown: whole numbers with separators, what is missing as a dash. Ids are given as texts, to be pasted. */
export function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'number' || typeof value === 'bigint') return value.toLocaleString('en-US');
  if (typeof value === 'string' || typeof value === 'boolean') return visible(String(value));
  return visible(
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)),
  );
}

const isNumeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';

/**
 * Rows as aligned text, with the names of their columns above. Columns of numbers stand at the right. What is wider than
 * `width` is wrapped inside its columns; where that does not do, each row is a list of its own.
 */
export function tableOf(rows: readonly Row[], width = Infinity): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => row[column] !== undefined),
  );
  const right = columns.map((column) =>
    rows.every((row) => row[column] === undefined || row[column] === null || isNumeric(row[column])),
  );
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = widthsOf(lines, width);
  if (widths === undefined) return rows.map((row) => factsOf(shown(row, columns), width)).join('\n\n');
  return lines
    .flatMap((line) => {
      const cells = line.map((text, at) => wrapped(text, widths[at]!));
      return Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, index) =>
        cells
          .map((parts, at) => {
            const part = parts[index] ?? '';
            return right[at]! ? part.padStart(widths[at]!) : part.padEnd(widths[at]!);
          })
          .join(' '.repeat(GAP))
          .trimEnd(),
      );
    })
    .join('\n');
}

const shown = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.filter((column) => row[column] !== undefined).map((name) => [name, row[name]]));

/** How wide the columns are: as their texts where that fits, else the narrow ones first; undefined where nothing fits. */
function widthsOf(lines: readonly (readonly string[])[], width: number): readonly number[] | undefined {
  const all = lines[0]!.map((_, at) => lines.map((line) => line[at]!));
  const natural = all.map((texts) => Math.max(...texts.map(({ length }) => length)));
  const least = all.map((texts) =>
    Math.max(...texts.flatMap((text) => partsOf(text).map((part) => part.trimEnd().length))),
  );
  const room = width - GAP * (all.length - 1);
  let widths: readonly number[] = least;
  if (room < sum(widths)) return undefined;
  // What a column got and cannot use is for the others.
  for (let round = 0; round < all.length && room > sum(widths); round += 1) {
    const given = shared(room - sum(widths), widths, natural);
    widths = all.map((texts, at) => Math.max(...texts.map((text) => widest(wrapped(text, given[at]!)))));
  }
  return widths;
}

/** Widths with `left` more, shared among those that are not as wide as they would be, the least wanting first. */
function shared(left: number, widths: readonly number[], natural: readonly number[]): readonly number[] {
  const given = [...widths];
  const wanting = widths
    .map((width, at) => ({ at, wants: natural[at]! - width }))
    .filter(({ wants }) => wants > 0)
    .toSorted((a, b) => a.wants - b.wants);
  let rest = left;
  for (const [index, { at, wants }] of wanting.entries()) {
    const share = Math.min(wants, Math.floor(rest / (wanting.length - index)));
    given[at]! += share;
    rest -= share;
  }
  return given;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

const widest = (lines: readonly string[]) => Math.max(...lines.map(({ length }) => length));

/** Names with their values, one a line, or more where one is wider than `width`. */
export function factsOf(facts: Row, width = Infinity): string {
  const indent = Math.max(...Object.keys(facts).map((name) => name.length)) + GAP;
  return Object.entries(facts)
    .map(([name, value]) =>
      wrapped(cell(value), width - indent)
        .map((line, at) => `${(at === 0 ? name : '').padEnd(indent)}${line}`)
        .join('\n'),
    )
    .join('\n');
}
