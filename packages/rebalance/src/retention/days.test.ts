import { expect, test } from '@jest/globals';
import { dayOf, dayOfPartition, isoDay, missingPartitions, partitionOfDay } from './days.ts';

const day = dayOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999));
const orders = { table: 'orders', partitionedBy: 'number' } as const;

test('a day is a UTC day, and its partition ends where the next begins', () => {
  expect(isoDay(day)).toBe('2026-02-28');
  expect(partitionOfDay('day', day)).toEqual({ name: 'p20260228', bound: "'2026-03-01'" });
  const sinceEpoch = BigInt(Date.UTC(2026, 2, 1) - Date.UTC(2025, 0, 1));
  expect(partitionOfDay('number', day)).toEqual({ name: 'p20260228', bound: String(sinceEpoch << 22n) });
});

test('a partition says its day, others say none', () => {
  expect(dayOfPartition('p20260228')).toBe(day);
  expect(dayOfPartition('p_floor')).toBeUndefined();
});

test('an empty table gets every day, a table with some only those above its newest', () => {
  const all = missingPartitions(orders, [{ name: 'p_floor', bound: '0' }], day - 1, day + 2);
  expect(all.map(({ name }) => name)).toEqual(['p20260227', 'p20260228', 'p20260301', 'p20260302']);
  expect(missingPartitions(orders, all.slice(0, 2), day - 1, day + 2)).toEqual(all.slice(2));
  expect(missingPartitions(orders, all, day - 1, day + 2)).toEqual([]);
});

test('a table that is not partitioned gets none', () => {
  expect(missingPartitions({ table: 'keys', partitionedBy: 'nothing' }, [], day, day + 1)).toEqual([]);
});
