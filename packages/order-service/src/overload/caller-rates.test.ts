import { expect, test } from '@jest/globals';
import { CallerRates } from './caller-rates.ts';

function ratesOf(perSecond: number) {
  const clock = { now: 5_000.3 };
  return { clock, rates: new CallerRates({ perSecond, now: () => clock.now }) };
}

/** How many of some requests are let in. */
const letIn = (rates: CallerRates, count: number, caller = 'a') =>
  Array.from({ length: count }, () => rates.spend(caller)).filter((wait) => wait === undefined).length;

/** What a request of 500 points spends: one to be let in, and the rest when it is known. */
const spend500 = (rates: CallerRates) => rates.spend('a') ?? rates.spendMore('a', 499);

test.each([3, 7, 100, 500])('%i points are there at once, and as many in each second', (perSecond) => {
  const { clock, rates } = ratesOf(perSecond);
  expect(letIn(rates, 2 * perSecond)).toBe(perSecond);
  let later = 0;
  for (let passed = 0; passed < 10_000; passed += 10) {
    clock.now += 10;
    later += letIn(rates, 5);
  }
  expect(Math.abs(later - 10 * perSecond)).toBeLessThanOrEqual(1);
});

test('what costs more than is left is let in once, and waited for', () => {
  const { clock, rates } = ratesOf(100);
  expect(spend500(rates)).toBeUndefined();
  expect(spend500(rates)).toBeCloseTo(4_010);
  clock.now += 4_009;
  expect(rates.spend('a')).toBeCloseTo(1);
  clock.now += 2;
  expect(rates.spend('a')).toBeUndefined();
});

test('over a while nobody gets more than its rate, whatever its requests cost', () => {
  const { clock, rates } = ratesOf(100);
  let points = 0;
  for (let passed = 0; passed < 60_000; passed += 100) {
    clock.now += 100;
    if (spend500(rates) === undefined) points += 500;
  }
  expect(points).toBeLessThanOrEqual(60 * 100 + 500);
  expect(points).toBeGreaterThanOrEqual(60 * 100 - 500);
});

test('who asks again as soon as one point is there gets what costs more', () => {
  const { clock, rates } = ratesOf(5);
  expect(letIn(rates, 10)).toBe(5);
  let waited = 0;
  while (spend500(rates) !== undefined) {
    clock.now += 20;
    waited += 20;
  }
  expect(waited).toBeLessThanOrEqual(220);
});

test('of requests that are let in at once one has the rest of what it costs', () => {
  const { rates } = ratesOf(5);
  expect([rates.spend('a'), rates.spend('a')]).toEqual([undefined, undefined]);
  expect(rates.spendMore('a', 499)).toBeUndefined();
  expect(rates.spendMore('a', 499)).toBeGreaterThan(90_000);
});

test('callers do not share their rate, and those that ask no more are forgotten', () => {
  const { clock, rates } = ratesOf(1);
  for (let i = 0; i < 30_000; i += 1) {
    clock.now += 1;
    expect(rates.spend(`m-${i}`)).toBeUndefined();
  }
  expect(letIn(rates, 5, 'm-29999')).toBe(0);
  expect(letIn(rates, 5, 'm-1')).toBe(1);
});
