import { textTable } from '../measure/table.ts';
import { CALLS_A_FAULT, type FaultFigures, type FaultResult } from './fault-run.ts';
import type { Findings } from './findings.ts';
import type { Tallies } from './series.ts';

/** How many findings the table names. */
const EXAMPLES = 20;

/** What a run reports besides its faults and its findings. */
export interface Account extends Pick<FaultFigures, 'redelivered' | 'acknowledged'> {
  readonly summary: string;
  /** Default {@link CALLS_A_FAULT}. */
  readonly callsAFault?: number;
  readonly refused?: number;
  readonly planted?: string | undefined;
}

/** The figures of a run. */
export function figuresOf(
  tallies: Tallies,
  findings: Findings,
  { redelivered, acknowledged, callsAFault = CALLS_A_FAULT, refused = 0, planted }: Omit<Account, 'summary'>,
): FaultFigures {
  return {
    faults: tallies.faults,
    landed: tallies.landed,
    lost: findings.count('lost'),
    duplicated: findings.count('duplicated'),
    redelivered,
    outOfOrder: findings.count('outOfOrder'),
    mismatched: findings.count('mismatched'),
    acknowledged,
    callsAFault,
    byKind: Object.fromEntries(
      tallies.entries().map(([name, { faults, landed }]) => [name, { faults, landed }]),
    ),
    refused,
    violations: findings.all().length,
    planted: planted ?? null,
  };
}

/** The result of a run, made from its faults and its findings. */
export function resultOf(tallies: Tallies, findings: Findings, account: Account): FaultResult {
  const figures = figuresOf(tallies, findings, account);
  const { summary, redelivered } = account;
  const { lost, duplicated, outOfOrder, mismatched, violations } = figures;
  const table = [
    textTable(
      ['kind', 'faults', 'landed'],
      tallies.entries().map(([name, { faults, landed }]) => [name, String(faults), String(landed)]),
    ),
    '',
    ...tallies.entries().map(([name, { evidence }]) => `${name}: ${evidence || 'not proved'}`),
    '',
    summary,
    `lost ${lost}, duplicated ${duplicated}, redelivered ${redelivered}, out of order ${outOfOrder}, mismatched ${mismatched}; ${violations} violations`,
    ...findings
      .all()
      .slice(0, EXAMPLES)
      .map(({ kind, subject, detail }) => `  ${kind} ${subject}: ${detail}`),
  ].join('\n');
  return { table, figures };
}
