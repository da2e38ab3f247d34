import { expect, test } from '@jest/globals';
import { initialMap } from '@ordershard/shard-router';
import type { Holding } from './holdings.ts';
import { sizesOf } from './holdings.ts';
import { planMoves } from './plan-moves.ts';

const BUCKETS = 64;
const MAP = initialMap('c', BUCKETS, [0, 1]);

/** Buckets of numbers and keys spread in turn over some shards. */
function spread(shards: readonly number[]): Holding[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => bucket).flatMap((bucket) =>
    (['numbers', 'keys'] as const).map((kind) => ({
      kind,
      bucket,
      shard: shards[bucket % shards.length]!,
      current: true,
      rows: kind === 'numbers' ? 100 : 10,
      counted: kind === 'numbers' ? 40 : 10,
      bytes: kind === 'numbers' ? 20_000 : 1_000,
    })),
  );
}

const wishes = (weights: Readonly<Record<number, number>>) => ({
  id: 'a-plan',
  shards: Object.entries(weights).map(([id, weight]) => ({ id: Number(id), weight })),
  rowsPerSecond: 1_000,
  parallel: 4,
});

const plan = (holdings: readonly Holding[], weights: Readonly<Record<number, number>>) =>
  planMoves({ map: MAP, holdings, bytes: new Map() }, wishes(weights));

test('growing: says the version, moves, rows, bytes and time; a shard owns numbers before keys', () => {
  const made = plan(spread([0, 1]), { 0: 1, 1: 1, 2: 1, 3: 1 });
  expect(made.plan).toMatchObject({ id: 'a-plan', cluster: 'c', mapVersion: 1, mapHash: MAP.hash });
  expect(made.plan.moves).toHaveLength(64);
  expect(made.plan.moves.map(({ kind }) => kind)).toEqual([
    ...Array<string>(16).fill('numbers'),
    ...Array<string>(32).fill('keys'),
    ...Array<string>(16).fill('numbers'),
  ]);
  expect(made).toMatchObject({
    least: 32,
    rows: 32 * 110,
    bytes: 32 * 21_000,
    imbalance: { before: 1, after: 0 },
  });
  expect(made.seconds).toBeCloseTo((32 * 110) / 1_000 + (64 * 0.07) / 4);
  expect(new Set(made.incoming.keys())).toEqual(new Set([2, 3]));
  expect(made.flows[0]).toEqual({ kind: 'numbers', from: 0, to: 2, buckets: 8, rows: 800, bytes: 160_000 });
});

test('shrinking: keys leave before the last numbers, older epochs too, and nothing is left', () => {
  const holdings = spread([0, 1, 2]);
  // An older epoch, in which shard 2 had a bucket that shard 0 has today.
  holdings.push({ kind: 'numbers', bucket: 0, shard: 2, current: false, rows: 7, bytes: 70, counted: 7 });
  const { moves } = plan(holdings, { 0: 1, 1: 1, 2: 0 }).plan;
  expect(moves.every(({ from }) => from === 2)).toBe(true);
  expect(moves.at(-1)!.kind).toBe('numbers');
  expect(moves).toContainEqual({ kind: 'numbers', bucket: 0, from: 2, to: 0 });
  expect(moves).toHaveLength(2 * 21 + 1);
});

test('what is even stays', () => {
  expect(plan(spread([0, 1, 2, 3]), { 0: 1, 1: 1, 2: 1, 3: 1 }).plan.moves).toEqual([]);
});

test('statistics that are wrong on one shard move nothing: shards are compared by what was counted', () => {
  const holdings = spread([0, 1]).map((each) => (each.shard === 0 ? { ...each, rows: 5 * each.rows } : each));
  expect(plan(holdings, { 0: 1, 1: 1 }).plan.moves).toEqual([]);
});

test('tables that go with another are as large as its rows have it', () => {
  const sizes = sizesOf(
    [
      { table: 'orders', partitionedBy: 'number', moves: { by: 'number' } },
      { table: 'items', partitionedBy: 'number', moves: { by: 'number', found: { with: 'orders' } } },
    ],
    [
      { table: 'orders', rows: 10, bytes: 1_000 },
      { table: 'items', rows: 30, bytes: 600 },
    ],
    new Map([['orders', new Map([[3, 4]])]]),
  );
  expect([...sizes]).toEqual([[3, { rows: 4 + 12, bytes: 400 + 240, counted: 4 }]]);
});
