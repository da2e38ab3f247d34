import { visible } from '@ordershard/process';
import { factsOf, type Row, tableOf } from './table.ts';
import { widthOf, wrappedText } from './wrap.ts';

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

/**
 * The text of a command's result, no wider than `width` columns. JSON is one document on one line, with big integers as
 * decimal text.
 */
export function printedText(printed: Printed, format: OutputFormat, width = widthOf(process.stdout)): string {
  const { facts, rows, none, remarks = [] } = printed;
  if (format === 'json') {
    const value = printed.json ?? (rows === undefined ? { ...facts } : { ...facts, rows });
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : inner,
    );
    return `${visible(text)}\n`;
  }
  const parts: string[] = [];
  if (facts !== undefined && Object.keys(facts).length > 0) parts.push(factsOf(facts, width));
  if (rows !== undefined) {
    if (rows.length > 0) parts.push(tableOf(rows, width));
    else if (none !== undefined) parts.push(none);
  }
  if (remarks.length > 0) parts.push(remarks.map((remark) => wrappedText(visible(remark), width)).join('\n'));
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}
