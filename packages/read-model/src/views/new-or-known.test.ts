import { expect, test } from '@jest/globals';
import { NewOrKnown } from './new-or-known.ts';

test('while many are known already, none is taken for new; it is tried again later', () => {
  const guess = new NewOrKnown();
  expect(guess.takeForNew(500)).toBe(true);
  guess.note(500, 100);
  expect(guess.takeForNew(500)).toBe(true);
  guess.note(500, 101);
  for (let written = 0; written < 20_000; written += 500) expect(guess.takeForNew(500)).toBe(false);
  expect(guess.takeForNew(500)).toBe(true);
});

test('a few that are known decide nothing', () => {
  const guess = new NewOrKnown();
  guess.note(9, 9);
  expect(guess.takeForNew(1)).toBe(true);
});
