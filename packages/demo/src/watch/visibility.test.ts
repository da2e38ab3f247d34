import { expect, test } from '@jest/globals';
import { Visibility } from './visibility.ts';

test('a version is visible once the view has it or a later one', () => {
  const visibility = new Visibility();
  visibility.acknowledged('1', 1, 100);
  visibility.acknowledged('1', 2, 110);
  visibility.acknowledged('1', 3, 120);
  expect(visibility.pending).toBe(3);
  visibility.seen('1', 2, 150);
  expect(visibility.samples).toEqual([50, 40]);
  expect(visibility.pending).toBe(1);
  visibility.seen('1', 1, 160);
  visibility.seen('1', 3, 170);
  expect(visibility.samples).toEqual([50, 40, 50]);
  expect(visibility).toMatchObject({ pending: 0, changes: 3 });
});

test('a view that was there before the acknowledgement counts as 0', () => {
  const visibility = new Visibility();
  visibility.seen('1', 2, 90);
  visibility.acknowledged('1', 1, 100);
  visibility.acknowledged('1', 2, 110);
  expect(visibility.samples).toEqual([0, 0]);
  expect(visibility.pending).toBe(0);
});

test('percentiles are samples', () => {
  const visibility = new Visibility();
  expect(visibility.percentile(0.5)).toBeUndefined();
  for (let n = 100; n >= 1; n -= 1) {
    visibility.acknowledged(String(n), 1, 0);
    visibility.seen(String(n), 1, n);
  }
  expect(visibility.percentile(0.5)).toBe(50);
  expect(visibility.percentile(0.99)).toBe(99);
  expect(visibility.percentile(1)).toBe(100);
});
