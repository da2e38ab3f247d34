import { expect, test } from '@jest/globals';
import { awaitViews } from './await-views.ts';
import type { OrderVersion } from './order-views.ts';

const wanted = [
  { number: 1n, version: 2 },
  { number: 2n, version: 1 },
];

/** Views that are one order further with each look. */
function catchingUp() {
  const looks: number[] = [];
  return {
    looks,
    behind: (left: readonly OrderVersion[]) => {
      looks.push(left.length);
      return Promise.resolve(left.slice(1));
    },
  };
}

test('waits until all views are there, and asks for those alone that are not', async () => {
  const views = catchingUp();
  expect(await awaitViews(views, wanted, 60_000)).toEqual([]);
  expect(views.looks).toEqual([2, 1]);
});

test('gives those that are not there when the time is over', async () => {
  const views = { behind: (left: readonly OrderVersion[]) => Promise.resolve(left) };
  expect(await awaitViews(views, wanted, 15)).toEqual(wanted);
});

test('looks once when it may not wait', async () => {
  const views = catchingUp();
  expect(await awaitViews(views, wanted, 0)).toEqual([wanted[1]]);
  expect(views.looks).toEqual([2]);
});

test('nothing wanted needs no look', async () => {
  const views = catchingUp();
  expect(await awaitViews(views, [], 1_000)).toEqual([]);
  expect(views.looks).toEqual([]);
});
