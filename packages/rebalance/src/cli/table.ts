/** A row of a table that a command prints. */
export type Row = Readonly<Record<string, unknown>>;

/** How a value is shown: whole numbers with separators, what is missing as a dash. */
export function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'number' || typeof value === 'bigint') return value.toLocaleString('en-US');
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner,
  );
}

const isNumeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';

/** Rows as aligned text, with the names of their columns above. Columns of numbers stand at the right. */
export function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => row[column] !== undefined),
  );
  const right = columns.map((column) =>
    rows.every((row) => row[column] === undefined || isNumeric(row[column])),
  );
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, i) => (right[i]! ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names with their values, one a line. */
export function factsOf(facts: Row): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`)
    .join('\n');
}
