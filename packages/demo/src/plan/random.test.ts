import { describe, expect, test } from '@jest/globals';
import { randomOf } from './random.ts';

const draw = (seed: number, label: string) => {
  const random = randomOf(seed, label);
  return Array.from({ length: 8 }, () => random.integer(0, 1_000_000));
};

describe('randomOf', () => {
  test('gives the same numbers for the same seed and label', () => {
    expect(draw(7, 'order-1')).toEqual(draw(7, 'order-1'));
  });

  test('gives these numbers on every machine', () => {
    expect(draw(1, 'a')).toEqual([186397, 8453, 734943, 52391, 179828, 563832, 595947, 413318]);
  });

  test('gives other numbers for another seed or label', () => {
    expect(draw(7, 'order-1')).not.toEqual(draw(8, 'order-1'));
    expect(draw(7, 'order-1')).not.toEqual(draw(7, 'order-2'));
  });

  test('spreads evenly over its range, both ends included', () => {
    const random = randomOf(3, 'spread');
    const counts = new Map<number, number>();
    for (let n = 0; n < 10_000; n += 1) {
      const drawn = random.integer(1, 5);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(Math.min(...counts.values())).toBeGreaterThan(1_800);
  });

  test('cannot pick from nothing', () => {
    expect(() => randomOf(1, 'x').pick([])).toThrow(RangeError);
  });
});
