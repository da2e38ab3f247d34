import { ACCOUNTS, AMOUNT } from '../honest/transfers.ts';
import type { Checked } from './check.ts';
import { placedRows } from './placed-rows.ts';

/** Each transfer that was acknowledged is booked once, no other is, and no amount was made or lost. */
export async function checkAccounts(checked: Checked): Promise<void> {
  const { journal, findings } = checked;
  const booked = await placedRows<{ transfer: number; amount: number }>(
    checked,
    'transfers',
    'transfer, amount',
  );
  const accounts = await placedRows<{ amount: number }>(checked, 'accounts', 'amount');
  for (const [number, told] of journal.transfers) {
    const found = booked.filter((row) => BigInt(row.number) === number);
    for (const { transfer, amount } of found)
      if (told.get(transfer) !== amount)
        findings.add('duplicated', `transfer ${transfer} of ${number}`, 'was never acknowledged');
    for (const transfer of told.keys()) {
      const count = found.filter((row) => row.transfer === transfer).length;
      if (count !== 1)
        findings.add(
          count === 0 ? 'lost' : 'duplicated',
          `transfer ${transfer} of ${number}`,
          `is there ${count} times`,
        );
    }
    const held = accounts
      .filter((row) => BigInt(row.number) === number)
      .reduce((sum, { amount }) => sum + amount, 0);
    if (held !== ACCOUNTS * AMOUNT)
      findings.add('mismatched', `accounts of ${number}`, `hold ${held} instead of ${ACCOUNTS * AMOUNT}`);
  }
}
