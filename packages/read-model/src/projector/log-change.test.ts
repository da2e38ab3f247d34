import { expect, test } from '@jest/globals';
import { changeOf, describeChange } from './log-change.ts';

test('an offset below the log has expired, one above it was lost, and one inside is neither', () => {
  expect(changeOf(9n, 10n, 20n)).toBe('expired');
  expect(changeOf(21n, 10n, 20n)).toBe('truncated');
  expect([10n, 15n, 20n].map((next) => changeOf(next, 10n, 20n))).toEqual([undefined, undefined, undefined]);
});

test('a change names topic, partition and both offsets', () => {
  const change = { topic: 'orders.snapshots', partition: 3, next: 94n, begin: 7n, end: 40n } as const;
  for (const kind of ['expired', 'truncated', 'remade'] as const) {
    const text = describeChange({ ...change, kind });
    expect(text).toMatch(/^orders\.snapshots partition 3: .*94/);
    expect(text).toContain('7');
  }
});
