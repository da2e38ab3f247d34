import { describe, expect, test } from '@jest/globals';
import { planKills } from './chaos.ts';

describe('planKills', () => {
  test.each([20, 100, 5_000])(
    'with %i orders: three of each, in turn, while orders are still to come',
    (orders) => {
      const kills = planKills(1, orders);
      expect(kills).toHaveLength(6);
      for (const [index, { victim, afterBegun }] of kills.entries()) {
        expect(victim).not.toBe(kills[index + 1]?.victim);
        expect(afterBegun).toBeLessThanOrEqual(kills[index + 1]?.afterBegun ?? orders);
        expect(afterBegun).toBeGreaterThan(0);
      }
    },
  );

  test('is the same for the same seed', () => {
    expect(planKills(5, 5_000)).toEqual(planKills(5, 5_000));
    expect(planKills(6, 5_000)).not.toEqual(planKills(5, 5_000));
  });
});
