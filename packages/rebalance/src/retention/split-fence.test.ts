import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type FenceRange, withOwnRange, withoutOwnRange } from './split-fence.ts';

const END = 2n ** 63n - 1n;
const whole: FenceRange = {
  bucket: 7,
  from: 0n,
  to: END,
  state: 'owned',
  generation: 1,
  nextOwner: null,
  writableFrom: 0n,
  readableFrom: 0n,
};
const carried = (number: bigint) =>
  ({ state: 'carried', writableFrom: number, readableFrom: number }) as const;
const carry = (ranges: readonly FenceRange[], number: bigint) =>
  withOwnRange(ranges, number, carried(number));

test('a number gets a range of its own, and the rest stays as it was', () => {
  const ranges = carry([whole], 50n);
  expect(ranges).toEqual([
    { ...whole, to: 50n },
    { ...whole, ...carried(50n), from: 50n, to: 51n, generation: 2 },
    { ...whole, from: 51n },
  ]);
  expect(withoutOwnRange(ranges, 50n)).toEqual([whole]);
});

test('at the ends of a range nothing empty is left', () => {
  const [epoch, next] = [
    { ...whole, to: 100n },
    { ...whole, from: 100n, state: 'moved' as const, nextOwner: 3 },
  ];
  expect(carry([epoch, next], 99n).map(({ from, to }) => [from, to])).toEqual([
    [0n, 99n],
    [99n, 100n],
    [100n, END],
  ]);
  expect(carry([epoch, next], 0n)[0]).toMatchObject({ from: 0n, to: 1n, state: 'carried' });
  expect(withoutOwnRange(carry([epoch, next], 99n), 99n)).toEqual([epoch, next]);
  expect(withoutOwnRange(carry([epoch, next], 0n), 0n)).toEqual([epoch, next]);
});

test('a number without a range of its own is left alone, one that no range holds is an error', () => {
  expect(withoutOwnRange([whole], 5n)).toEqual([whole]);
  expect(() => carry([{ ...whole, to: 10n }], 10n)).toThrow(RangeError);
});

describe('whatever is carried and given back, in any order', () => {
  test('ranges are disjoint, leave nothing out, and are bounded by what is carried', () => {
    const small = fc.bigInt({ min: 0n, max: 12n });
    fc.assert(
      fc.property(fc.array(fc.tuple(small, fc.boolean()), { maxLength: 60 }), (steps) => {
        let ranges: readonly FenceRange[] = [whole];
        const out = new Set<bigint>();
        for (const [number, takes] of steps) {
          if (takes && !out.has(number)) {
            ranges = carry(ranges, number);
            out.add(number);
          } else if (!takes && out.delete(number)) ranges = withoutOwnRange(ranges, number);
          expect(ranges[0]!.from).toBe(0n);
          expect(ranges.at(-1)!.to).toBe(END);
          for (const [i, range] of ranges.entries()) {
            expect(range.from < range.to).toBe(true);
            if (i > 0) expect(range.from).toBe(ranges[i - 1]!.to);
          }
          expect(ranges.filter(({ state }) => state === 'carried').map(({ from }) => from)).toEqual(
            [...out].toSorted((a, b) => (a < b ? -1 : 1)),
          );
          expect(ranges.length).toBeLessThanOrEqual(2 * out.size + 1);
        }
      }),
    );
  });
});
