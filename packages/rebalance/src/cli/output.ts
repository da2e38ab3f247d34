import { factsOf, type Row, tableOf } from './table.ts';

/** What `--output` can be. */
export const OUTPUTS = ['table', 'json'] as const;
export type OutputFormat = (typeof OUTPUTS)[number];

/** What a command prints: facts, rows, and remarks below; any of them can be missing. */
export interface Printed {
  readonly facts?: Row;
  readonly rows?: readonly Row[];
  /** What stands in place of a table without rows. */
  readonly none?: string;
  /** Sentences below; part of the table only. */
  readonly remarks?: readonly string[];
  /** What `--output json` prints, where it is more than facts and rows. */
  readonly json?: unknown;
}

/** The text of a command's result. JSON is one document on one line, with big integers as decimal text. */
export function printedText(printed: Printed, format: OutputFormat): string {
  const { facts, rows, none, remarks = [] } = printed;
  if (format === 'json') {
    const value = printed.json ?? (rows === undefined ? { ...facts } : { ...facts, rows });
    return `${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))}\n`;
  }
  const parts: string[] = [];
  if (facts !== undefined && Object.keys(facts).length > 0) parts.push(factsOf(facts));
  if (rows !== undefined) {
    if (rows.length > 0) parts.push(tableOf(rows));
    else if (none !== undefined) parts.push(none);
  }
  if (remarks.length > 0) parts.push(remarks.join('\n'));
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}
