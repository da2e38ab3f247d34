import { describe, expect, test } from '@jest/globals';
import { coalesce, decodeRanges, encodeRanges, withIds, withoutIds } from './id-range.ts';

const range = (first: number, last = first) => ({ first: BigInt(first), last: BigInt(last) });

describe('withoutIds', () => {
  test.each<[string, number[], ReturnType<typeof range>[]]>([
    ['nothing', [], [range(3, 6), range(9)]],
    ['ids outside', [1, 2, 7, 8, 10], [range(3, 6), range(9)]],
    ['the first of a range', [3], [range(4, 6), range(9)]],
    ['the last of a range', [6], [range(3, 5), range(9)]],
    ['the middle of a range', [4], [range(3), range(5, 6), range(9)]],
    ['a whole range', [3, 4, 5, 6], [range(9)]],
    ['a range of one', [9], [range(3, 6)]],
    ['every other', [3, 5, 9], [range(4), range(6)]],
    ['everything and more', [1, 3, 4, 5, 6, 7, 9, 12], []],
  ])('takes out %s', (_, ids, expected) => {
    expect(withoutIds([range(3, 6), range(9)], ids.map(BigInt))).toEqual(expected);
  });

  test('keeps what else a range holds, and costs nothing for its length', () => {
    const [low, high] = withoutIds([{ ...range(1, Number.MAX_SAFE_INTEGER), tag: 'x' }], [7n]);
    expect(low).toEqual({ first: 1n, last: 6n, tag: 'x' });
    expect(high).toEqual({ first: 8n, last: BigInt(Number.MAX_SAFE_INTEGER), tag: 'x' });
  });
});

test('ranges come back as they were written, beyond 2^53 too', () => {
  const ranges = [range(1, 2), { first: 2n ** 60n, last: 2n ** 60n + 1n }];
  expect(decodeRanges(encodeRanges(ranges))).toEqual(ranges);
  expect(encodeRanges([range(3, 5)])).toBe('[["3","5"]]');
});

test('ids are added where they belong, and join their neighbours', () => {
  const ranges = decodeRanges('[["3","5"],["9","9"]]');
  expect(encodeRanges(withIds(ranges, [1n, 4n, 6n, 7n, 12n]))).toBe(
    '[["1","1"],["3","7"],["9","9"],["12","12"]]',
  );
  expect(encodeRanges(withIds([], [5n, 6n]))).toBe('[["5","6"]]');
});

test('ranges that lie closest together are joined when there are too many', () => {
  const ranges = decodeRanges('[["1","2"],["4","4"],["10","12"],["14","15"],["90","90"]]');
  expect(encodeRanges(coalesce(ranges, 3))).toBe('[["1","4"],["10","15"],["90","90"]]');
  expect(coalesce(ranges, 5)).toBe(ranges);
  const steps = Array.from({ length: 10_000 }, (_, i) => range(3 * i + 1, 3 * i + 2));
  const joined = coalesce(steps, 2_000);
  expect(joined).toHaveLength(2_000);
  expect([joined[0], joined[1]]).toEqual([range(1, 24_002), range(24_004, 24_005)]);
});
