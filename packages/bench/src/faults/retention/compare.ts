import { decodeNumber } from '@ordershard/shard-router';
import type { Findings } from '../findings.ts';
import type { KnownOrder } from './journal.ts';
import type { Places } from './where.ts';

const DAY_MS = 86_400_000;

/** Whether each order is in one place, the right one for its age, with its last version. */
export function compare(
  orders: readonly KnownOrder[],
  places: Places,
  { nowMs, keepDays }: { readonly nowMs: number; readonly keepDays: number },
  findings: Findings,
): void {
  const oldest = Math.floor(nowMs / DAY_MS) - keepDays;
  for (const { number, version } of orders) {
    const found = places.get(number) ?? [];
    const where = found.map(({ where: place, version: v }) => `${place} at ${v}`).join(', ');
    if (found.length === 0) findings.add('lost', number, `is nowhere, was at version ${version}`);
    if (found.length > 1) findings.add('duplicated', number, `is in ${where}`);
    if (found.some((place) => place.version !== version))
      findings.add('mismatched', number, `is in ${where}, was acknowledged at ${version}`);
    const day = Math.floor(decodeNumber(BigInt(number)).timeMs / DAY_MS);
    for (const { place } of found) {
      if ((place === 'shard') !== day >= oldest)
        findings.add(
          'mismatched',
          number,
          `of day ${day} is in ${where}, where ${oldest} is the oldest to be kept`,
        );
    }
  }
  const known = new Set(orders.map(({ number }) => number));
  for (const [number, found] of places)
    if (!known.has(number))
      findings.add('duplicated', number, `is in ${found[0]!.where}, and nobody placed it`);
}

/** How many orders are where. */
export function summaryOf(places: Places): string {
  const counts = new Map<string, number>();
  for (const [first] of places.values()) counts.set(first!.place, (counts.get(first!.place) ?? 0) + 1);
  return [...counts].map(([place, count]) => `${count} ${place}`).join(', ');
}
