import { expect, test } from '@jest/globals';
import { differences, diffLines } from './line-diff.ts';

test('equal texts have no difference', () => {
  expect(differences('a\nb', 'a\nb')).toEqual([]);
});

test.each([
  ['a\nb\nc', 'a\nc', ['-b']],
  ['a\nc', 'a\nb\nc', ['+b']],
  ['a\nb\nc', 'a\nx\nc', ['-b', '+x']],
  ['', 'a', ['-', '+a']],
  ['a\nb', 'b\na', ['-a', '+a']],
])('%j to %j', (before, after, lines) => {
  expect(differences(before, after)).toEqual(lines);
});

test('the common lines and the added ones make the second text', () => {
  const before = Array.from({ length: 200 }, (_, n) => `${n % 7}`);
  const after = Array.from({ length: 180 }, (_, n) => `${n % 5}`);
  const diff = diffLines(before, after);
  expect(diff.filter(({ sign }) => sign !== '-').map(({ line }) => line)).toEqual(after);
  expect(diff.filter(({ sign }) => sign !== '+').map(({ line }) => line)).toEqual(before);
});
