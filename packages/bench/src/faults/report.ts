import { textTable } from '../measure/table.ts';
import type { FaultFigures, FaultResult } from './fault-run.ts';
import type { Findings } from './findings.ts';
import type { Tallies } from './series.ts';

/** How many findings the table names. */
const EXAMPLES = 20;

/** The result of a run, from what was done and what was found. */
export function resultOf(
  tallies: Tallies,
  findings: Findings,
  { summary, redelivered }: { readonly summary: string; readonly redelivered: number },
): FaultResult {
  const figures: FaultFigures = {
    faults: tallies.faults,
    landed: tallies.landed,
    lost: findings.count('lost'),
    duplicated: findings.count('duplicated'),
    redelivered,
    outOfOrder: findings.count('outOfOrder'),
    mismatched: findings.count('mismatched'),
  };
  const { lost, duplicated, outOfOrder, mismatched } = figures;
  const table = [
    textTable(
      ['kind', 'faults', 'landed'],
      tallies.entries().map(([name, { faults, landed }]) => [name, String(faults), String(landed)]),
    ),
    '',
    ...tallies.entries().map(([name, { evidence }]) => `${name}: ${evidence || 'not proved'}`),
    '',
    summary,
    `lost ${lost}, duplicated ${duplicated}, redelivered ${redelivered}, out of order ${outOfOrder}, mismatched ${mismatched}`,
    ...findings
      .all()
      .slice(0, EXAMPLES)
      .map(({ kind, subject, detail }) => `  ${kind} ${subject}: ${detail}`),
  ].join('\n');
  return { table, figures };
}
