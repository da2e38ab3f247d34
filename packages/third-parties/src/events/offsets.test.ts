import { expect, test } from '@jest/globals';
import { Offsets } from './offsets.ts';

test('offsets can be committed up to the oldest that is not dealt with', () => {
  const offsets = new Offsets();
  expect(offsets.committable).toBeUndefined();
  for (const offset of [5n, 6n, 9n]) expect(offsets.begin(offset)).toBe(true);
  expect(offsets.committable).toBe(5n);
  offsets.done(6n);
  expect(offsets.committable).toBe(5n);
  offsets.done(5n);
  expect(offsets.committable).toBe(9n);
  offsets.done(9n);
  expect(offsets.committable).toBe(10n);
});

test('what is read a second time is not begun again', () => {
  const offsets = new Offsets();
  offsets.begin(3n);
  offsets.begin(4n);
  expect(offsets.begin(3n)).toBe(false);
  offsets.done(3n);
  expect(offsets.begin(3n)).toBe(false);
  expect(offsets.committable).toBe(4n);
});
