import { describe, expect, test } from '@jest/globals';
import { exitCodeOf, type Summary, toJson } from './summary.ts';
import { toTable } from './table.ts';

const right: Summary = {
  acknowledged: 5_000,
  effects: 27_000,
  requests: 30_500,
  surprises: 0,
  perShard: [2_600, 2_400],
  events: 27_000,
  redelivered: 3,
  views: 5_000,
  missing: 0,
  duplicated: 0,
  mismatched: 0,
  outOfOrder: 0,
  leaked: 0,
  logLines: 40,
  ordersPerSecond: 212.345,
  seconds: 23.55,
  visibleMs: { p50: 41.2345, p99: 180 },
  refusedRows: 0,
  kills: null,
  failures: [],
  examples: [],
};

const kill = { afterBegun: 1, victim: 'relay' as const, pid: 1, underWay: 3, landed: true };

describe('exit code', () => {
  test.each<[string, Partial<Summary>, number]>([
    ['all right', {}, 0],
    ['something missing', { missing: 1 }, 1],
    ['something duplicated', { duplicated: 1 }, 1],
    ['something different', { mismatched: 1 }, 1],
    ['something out of order', { outOfOrder: 1 }, 1],
    ['something in a log', { leaked: 1 }, 1],
    ['a call that failed', { failures: ['POST'] }, 1],
    ['rows refused', { refusedRows: 2 }, 3],
    ['rows refused and something missing', { refusedRows: 2, missing: 1 }, 1],
    ['chaos that landed', { kills: [kill] }, 0],
    ['chaos that did not land', { kills: [{ ...kill, landed: false }] }, 1],
  ])('%s', (_, change, code) => expect(exitCodeOf({ ...right, ...change })).toBe(code));
});

test('JSON has the documented keys on one line', () => {
  const json = toJson({ ...right, kills: [kill, { ...kill, landed: false }] });
  expect(json).not.toContain('\n');
  expect(JSON.parse(json)).toMatchObject({
    acknowledged: 5_000,
    requests: 30_500,
    perShard: [2_600, 2_400],
    balancePercent: [52, 48],
    events: 27_000,
    views: 5_000,
    missing: 0,
    duplicated: 0,
    redelivered: 3,
    mismatched: 0,
    outOfOrder: 0,
    ordersPerSecond: 212.3,
    visibleMs: { p50: 41.2, p99: 180 },
    refusedRows: 0,
    kills: 1,
  });
});

describe('table', () => {
  test('has each figure, and the balance of each shard', () => {
    const table = toTable({ ...right, kills: [kill] });
    for (const line of [
      /orders acknowledged +5,000\n/,
      /rows on shard 0 +2,600 \(52\.0 %\)\n/,
      /rows on shard 1 +2,400 \(48\.0 %\)\n/,
      /events in order per key +27,000 of 27,000\n/,
      /redelivered +3\n/,
      /visible p99 +180 ms\n/,
      /kills that landed +1 \(relay 1, projector 0\)$/,
    ]) {
      expect(table).toMatch(line);
    }
  });

  test('says what is wrong', () => {
    const examples = [
      { kind: 'missing' as const, place: 'mysql' as const, subject: '17', detail: 'no row on any shard' },
    ];
    const table = toTable({ ...right, missing: 1, examples, failures: ['POST /v1/orders: 500'] });
    expect(table).toContain('missing in mysql: 17: no row on any shard');
    expect(table).toContain('POST /v1/orders: 500');
  });

  test('a day without orders', () => {
    const empty = { ...right, perShard: [0, 0], visibleMs: { p50: null, p99: null } };
    expect(toTable(empty)).toMatch(/rows on shard 0 +0 \(0\.0 %\)/);
    expect(JSON.parse(toJson(empty))).toMatchObject({ visibleMs: { p50: null, p99: null } });
  });
});
