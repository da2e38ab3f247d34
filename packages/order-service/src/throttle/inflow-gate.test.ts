import { describe, expect, test } from '@jest/globals';
import { InflowThrottledError, InvalidInflowError } from './errors.ts';
import { checkInflowChange, type InflowChange, LONGEST_LIMIT_MS, scopeOf } from './inflow-change.ts';
import { InflowGate } from './inflow-gate.ts';

const START = Date.parse('2026-01-02T03:04:05.000Z');

function change(fields: Partial<InflowChange>): InflowChange {
  return {
    revision: '9007199254740993',
    scope: 'all',
    limit: { share: 0 },
    by: 'op',
    reason: 'the ovens burn',
    at: new Date(START).toISOString(),
    until: new Date(START + 60_000).toISOString(),
    ...fields,
  };
}

function gateAt() {
  const clock = { now: START };
  const gate = new InflowGate(() => clock.now);
  const admits = (count: number, placing: Parameters<InflowGate['admit']>[0] = { shopId: 's-1' }) =>
    Array.from({ length: count }, () => {
      try {
        gate.admit(placing);
        return true;
      } catch (error) {
        if (error instanceof InflowThrottledError) return false;
        throw error;
      }
    });
  return { clock, gate, admits, let: (count: number) => admits(count).filter(Boolean).length };
}

test('all are let in when there is no limit', () => {
  expect(gateAt().let(100)).toBe(100);
});

test.each([0, 0.01, 0.1, 0.5, 0.75, 0.99, 1])('a share of %d is that share, evenly spread', (share) => {
  const { gate, admits } = gateAt();
  gate.apply(change({ limit: { share } }));
  const let_ = admits(1_000);
  expect(let_.filter(Boolean)).toHaveLength(share * 1_000);
  for (let from = 0; from < 900; from += 100)
    expect(Math.abs(let_.slice(from, from + 100).filter(Boolean).length - share * 100)).toBeLessThanOrEqual(
      1,
    );
});

test('a rate is that rate, and does not save up what did not come', () => {
  const { gate, clock, let: letIn } = gateAt();
  gate.apply(change({ limit: { perSecond: 50 } }));
  let total = 0;
  for (let ms = 0; ms < 10_000; ms += 10) {
    clock.now = START + ms;
    total += letIn(3);
  }
  expect(total).toBeGreaterThanOrEqual(499);
  expect(total).toBeLessThanOrEqual(505);
  clock.now += 20_000;
  expect(letIn(100)).toBe(5);
});

test('a rate of 0 lets nobody in', () => {
  const { gate, clock, let: letIn } = gateAt();
  gate.apply(change({ limit: { perSecond: 0 } }));
  clock.now += 30_000;
  expect(letIn(10)).toBe(0);
});

test('a refusal says what is limited and why', () => {
  const { gate } = gateAt();
  gate.apply(change({ scope: 'shop:s-1' }));
  expect(() => gate.admit({ shopId: 's-1' })).toThrow(
    'new orders are limited for now (shop:s-1): the ovens burn',
  );
});

test('a shop and a region are limited by themselves', () => {
  const { gate, admits } = gateAt();
  gate.apply(change({ scope: 'shop:s-1' }));
  gate.apply(change({ scope: scopeOf({ region: '  SEOUL ' }) }));
  expect(admits(1, { shopId: 's-1' })).toEqual([false]);
  expect(admits(1, { shopId: 's-2' })).toEqual([true]);
  expect(admits(1, { shopId: 's-2', deliveryAddress: { city: 'Seoul' } })).toEqual([false]);
  expect(admits(1, { shopId: 's-2', deliveryAddress: { city: 'Busan' } })).toEqual([true]);
  expect(gate.counts).toEqual({ admitted: 2, throttled: 2 });
});

describe('of changes', () => {
  test('the one with the higher revision counts, in whatever order they come', () => {
    const { gate, let: letIn } = gateAt();
    expect(gate.apply(change({ revision: '9007199254740995', limit: null }))).toBe(true);
    expect(gate.apply(change({ revision: '9007199254740994' }))).toBe(false);
    expect(gate.apply(change({ revision: '9007199254740995' }))).toBe(false);
    expect(letIn(5)).toBe(5);
    expect(gate.limits).toEqual([]);
  });

  test('one holds until its end and no longer', () => {
    const { gate, clock, let: letIn } = gateAt();
    gate.apply(change({}));
    clock.now = START + 59_999;
    expect(letIn(5)).toBe(0);
    expect(gate.limits).toHaveLength(1);
    clock.now = START + 60_000;
    expect(letIn(5)).toBe(5);
    expect(gate.limits).toEqual([]);
  });

  test.each([
    [{ limit: { share: 1.5 } }],
    [{ limit: { perSecond: -1 } }],
    [{ scope: 'everything' }],
    [{ reason: '' }],
    [{ until: new Date(START).toISOString() }],
    [{ until: new Date(START + LONGEST_LIMIT_MS + 1).toISOString() }],
  ] as const)('%j is refused', (fields) => {
    expect(() => checkInflowChange(change(fields as Partial<InflowChange>))).toThrow(InvalidInflowError);
  });
});

test('a limit is of a shop or of a region', () => {
  expect(() => scopeOf({ shop: 's-1', region: 'Seoul' })).toThrow(InvalidInflowError);
  expect(scopeOf({})).toBe('all');
});
