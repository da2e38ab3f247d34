import { describe, expect, test } from '@jest/globals';
import { clockText, DAY_MINUTES, demandAt, minuteOf, underWayAt } from './day.ts';

describe('the day', () => {
  test('peaks at lunch and, higher, at dinner', () => {
    expect(demandAt(18 * 60 + 45)).toBeGreaterThan(0.95);
    expect(demandAt(12 * 60 + 15)).toBeGreaterThan(0.6);
    expect(demandAt(12 * 60 + 15)).toBeLessThan(demandAt(18 * 60 + 45));
    expect(demandAt(15 * 60)).toBeLessThan(0.3);
    expect(demandAt(4 * 60)).toBeLessThan(0.05);
  });

  test('arrivals rise from 00:00 to 24:00 and gather at the peaks', () => {
    const minutes = Array.from({ length: 1000 }, (_, index) => minuteOf((index + 0.5) / 1000));
    expect(minutes).toEqual(minutes.toSorted((a, b) => a - b));
    expect(minutes[0]).toBeGreaterThanOrEqual(0);
    expect(minutes.at(-1)).toBeLessThan(DAY_MINUTES);
    const between = (from: number, to: number) => minutes.filter((m) => m >= from * 60 && m < to * 60).length;
    expect(between(18, 20)).toBeGreaterThan(4 * between(14, 16));
  });

  test('more lives are under way at a peak than at night, and never none', () => {
    expect(underWayAt(18 * 60 + 45, 48)).toBe(48);
    expect(underWayAt(4 * 60, 48)).toBe(12);
    expect(underWayAt(4 * 60, 1)).toBe(1);
  });

  test.each([
    [0, '00:00'],
    [745.9, '12:25'],
    [1440, '24:00'],
    [2000, '24:00'],
  ])('minute %s is %s', (minute, text) => expect(clockText(minute)).toBe(text));
});
