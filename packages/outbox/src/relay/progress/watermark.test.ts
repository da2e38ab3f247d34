import { describe, expect, test } from '@jest/globals';
import { BARRIER_DELAY_MS, type Coverage, Watermark } from './watermark.ts';

const ids = (...numbers: number[]) => numbers.map(BigInt);
const gapsOf = (mark: Watermark) => mark.gaps.map(({ first, last }) => [Number(first), Number(last)]);
const probe = (own: number, oldest = own, startedAt = 10 * BARRIER_DELAY_MS) => ({
  startedAt,
  own: BigInt(own),
  oldest: BigInt(oldest),
});

/** A watermark at 10 with gaps 3-4 and 7. */
function gapped(): Watermark {
  const mark = new Watermark(0n, [], 0);
  mark.settle(ids(1, 2, 5, 6, 8, 9, 10), 'all', 0);
  return mark;
}

describe('settle', () => {
  test('ids without holes leave no gap', () => {
    const mark = new Watermark(0n, [], 0);
    mark.settle(ids(1, 2, 3), 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([3n, []]);
  });

  test('ids that were skipped are gaps, the first ones too', () => {
    const mark = new Watermark(0n, [], 0);
    mark.settle(ids(2, 5, 6), 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([
      6n,
      [
        [1, 1],
        [3, 4],
      ],
    ]);
  });

  test('a huge gap is one range', () => {
    const mark = new Watermark(1n, [], 0);
    mark.settle([1n, 2n ** 40n], 'all', 0);
    expect(gapsOf(mark)).toEqual([[2, 2 ** 40 - 1]]);
  });

  test('a row that appears closes its part of a gap, in the read that also goes on', () => {
    const mark = gapped();
    mark.settle(ids(4, 7, 12), 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([
      12n,
      [
        [3, 3],
        [11, 11],
      ],
    ]);
  });

  test('the lowest part of a read can be settled first', () => {
    const mark = gapped();
    mark.settle(ids(3, 7), { upTo: 7n }, 0);
    mark.settle(ids(11, 13), 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([
      13n,
      [
        [4, 4],
        [12, 12],
      ],
    ]);
  });

  test('no rows change nothing', () => {
    const mark = gapped();
    mark.settle([], 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([
      10n,
      [
        [3, 4],
        [7, 7],
      ],
    ]);
  });
});

describe('closing gaps', () => {
  test('with nobody older open, a gap closes at the read after the probe, not before', () => {
    const mark = gapped();
    mark.observe(probe(100));
    expect(gapsOf(mark)).toHaveLength(2);
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('a row that the closing read brings is taken in', () => {
    const mark = gapped();
    mark.observe(probe(100));
    mark.settle(ids(4), 'all', 0);
    expect([mark.settledId, gapsOf(mark)]).toEqual([10n, []]);
  });

  test('an older transaction keeps it open, however many younger ones come and go', () => {
    const mark = gapped();
    mark.observe(probe(100, 50));
    mark.observe(probe(200, 50));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toHaveLength(2);
    mark.observe(probe(300, 99));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toHaveLength(2);
    mark.observe(probe(400, 100));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('transactions younger than the barrier do not keep it open', () => {
    const mark = gapped();
    mark.observe(probe(100, 50));
    mark.observe(probe(200, 150));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('a probe too soon after the sighting sets no barrier', () => {
    const mark = new Watermark(0n, [], 0);
    mark.settle(ids(2), 'all', 500);
    mark.observe(probe(100, 100, 499 + BARRIER_DELAY_MS));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([[1, 1]]);
    mark.observe(probe(101, 101, 500 + BARRIER_DELAY_MS));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('each gap has its own barrier', () => {
    const mark = gapped();
    mark.observe(probe(100, 50));
    mark.settle(ids(12), 'all', 15 * BARRIER_DELAY_MS);
    mark.observe(probe(200, 150, 16 * BARRIER_DELAY_MS));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([[11, 11]]);
    mark.observe(probe(300, 200, 17 * BARRIER_DELAY_MS));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test.each<[Coverage, number[][]]>([
    [
      { upTo: 2n },
      [
        [3, 4],
        [7, 7],
      ],
    ],
    [
      { upTo: 3n },
      [
        [3, 4],
        [7, 7],
      ],
    ],
    [{ upTo: 4n }, [[7, 7]]],
    [{ upTo: 8n }, []],
    ['all', []],
  ])('a read that has covered %p closes only gaps that end in it', (coverage, left) => {
    const mark = gapped();
    mark.observe(probe(100));
    mark.settle([], coverage, 0);
    expect(gapsOf(mark)).toEqual(left);
  });

  test('the parts of a gap that a row has split are judged like the whole', () => {
    const mark = new Watermark(0n, [], 0);
    mark.settle(ids(10), 'all', 0);
    mark.observe(probe(100, 50));
    mark.settle(ids(5), 'all', 0);
    mark.observe(probe(200, 100));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('stored gaps count as seen when they were loaded', () => {
    const mark = new Watermark(10n, [{ first: 3n, last: 4n }], 5_000);
    mark.observe(probe(100, 100, 5_000));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([[3, 4]]);
    mark.observe(probe(101, 101, 5_000 + BARRIER_DELAY_MS));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('transaction ids that start again, as after a failover, void the barriers', () => {
    const mark = gapped();
    mark.observe(probe(1_000, 900));
    mark.observe(probe(10, 5));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toHaveLength(2);
    mark.observe(probe(20, 10));
    mark.settle([], 'all', 0);
    expect(gapsOf(mark)).toEqual([]);
  });
});

describe('observeIds', () => {
  const insertWaitMs = 50_000;
  const late = insertWaitMs + BARRIER_DELAY_MS;

  test('an id without a row is over once no INSERT can still write it; one with a row stays a gap', () => {
    const mark = gapped();
    mark.observeIds({ startedAt: late - 1, ids: ids(4), insertWaitMs });
    mark.settle([], 'all', late);
    expect(gapsOf(mark)).toEqual([
      [3, 4],
      [7, 7],
    ]);
    mark.observeIds({ startedAt: late, ids: ids(4), insertWaitMs });
    mark.settle([], 'all', late + 1);
    expect(gapsOf(mark)).toEqual([[4, 4]]);
    mark.settle(ids(4), 'all', late + 2);
    expect(gapsOf(mark)).toEqual([]);
  });

  test('ids of one transaction that lie side by side stay one gap', () => {
    const mark = new Watermark(0n, [], 0);
    mark.settle(ids(1, 12), 'all', 0);
    mark.observeIds({ startedAt: late, ids: ids(3, 4, 5, 9), insertWaitMs });
    mark.settle([], 'all', late);
    expect(gapsOf(mark)).toEqual([
      [3, 5],
      [9, 9],
    ]);
  });

  test('a read that has not come as far as a gap does not close it', () => {
    const mark = gapped();
    mark.observeIds({ startedAt: late, ids: [], insertWaitMs });
    mark.settle([], { upTo: 5n }, late);
    expect(gapsOf(mark)).toEqual([[7, 7]]);
  });

  test('tells since when the oldest gap that is not over is open', () => {
    const mark = gapped();
    mark.settle(ids(12), 'all', 500);
    expect(mark.oldestSightedAt).toBe(0);
    mark.observeIds({ startedAt: late, ids: [], insertWaitMs });
    expect(mark.oldestSightedAt).toBe(500);
  });
});
