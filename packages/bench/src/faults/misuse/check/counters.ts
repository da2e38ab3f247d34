import type { Checked } from './check.ts';
import { placedRows } from './placed-rows.ts';

/** Each counter must stand at the acknowledged count, or above it by no more than the calls with an unknown outcome. */
export async function checkCounters(checked: Checked): Promise<void> {
  const { journal, findings } = checked;
  const rows = await placedRows<{ n: number }>(checked, 'counters', 'n');
  for (const [number, { acknowledged, unknown }] of journal.counters) {
    const found = rows.filter((row) => BigInt(row.number) === number);
    const subject = `counter ${number}`;
    if (found.length !== 1) {
      findings.add(found.length === 0 ? 'lost' : 'duplicated', subject, `is there ${found.length} times`);
      continue;
    }
    const { n } = found[0]!;
    if (n < acknowledged) findings.add('lost', subject, `stands at ${n}, acknowledged ${acknowledged}`);
    if (n > acknowledged + unknown)
      findings.add('duplicated', subject, `stands at ${n}, acknowledged ${acknowledged}, unknown ${unknown}`);
  }
}
