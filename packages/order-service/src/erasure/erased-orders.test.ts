import { expect, test } from '@jest/globals';
import { FRESH_NUMBER_WINDOW, lowestNumberAt } from '@ordershard/shard-router';
import { erasedOrders, isMeant } from './erased-orders.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const [long, lately, drawnBefore, later] = [
  lowestNumberAt(NOW - 86_400_000),
  lowestNumberAt(NOW - 60_000),
  lowestNumberAt(NOW - FRESH_NUMBER_WINDOW.behindMs),
  lowestNumberAt(NOW + 1),
];

test('means the orders that were found, and whatever has a number that nobody can use any more', () => {
  const whose = erasedOrders('m-1', [long, lately, lately], NOW);
  expect(whose).toMatchObject({ memberId: 'm-1', recent: [lately] });
  const meant = isMeant(whose);
  expect([long, long - 1n, lately].map(meant)).toEqual([true, true, true]);
});

test('means no order that is placed later, also under a number that was drawn before', () => {
  const meant = isMeant(erasedOrders('m-1', [lately], NOW));
  expect([drawnBefore, lately + 1n, later].map(meant)).toEqual([false, false, false]);
});

test('an order from a shard whose clock is ahead is meant when it was found', () => {
  expect(isMeant(erasedOrders('m-1', [later], NOW))(later)).toBe(true);
});
