import { describe, expect, test } from '@jest/globals';
import { lowestNumberAt } from '@ordershard/shard-router';
import { SelectorError } from '../errors.ts';
import { selectionOf, type Selector } from './selector.ts';

const number = lowestNumberAt(Date.UTC(2026, 0, 10, 12)).toString();

describe('selectionOf', () => {
  test('a time range is half open; the days of insert are a day wider on both sides', () => {
    expect(selectionOf({ from: '2026-01-02T00:30:00+09:00', to: '2026-01-02T10:00:00.5Z' })).toMatchObject({
      from: '2026-01-01 15:30:00.000',
      to: '2026-01-02 10:00:00.500',
      firstDay: '2025-12-31',
      lastDay: '2026-01-03',
    });
  });

  test.each<[string, Selector]>([
    ['an order', { orders: [number] }],
    ['an event', { events: [`${number}-3`] }],
  ])('%s is looked for from the day before its number was drawn', (_, selector) => {
    expect(selectionOf(selector)).toMatchObject({ firstDay: '2026-01-09', lastDay: undefined });
  });

  test('a later time narrows the days further', () => {
    expect(selectionOf({ orders: [number], from: '2026-02-01T00:00:00Z' }).firstDay).toBe('2026-01-31');
  });

  test.each<[string, Selector]>([
    ['nothing', {}],
    ['empty lists', { orders: [], events: [] }],
    ['a time without a zone', { from: '2026-01-02T00:00:00' }],
    ['a day that is none', { from: '2026-02-31T00:00:00Z' }],
    ['what is no time', { to: 'x' }],
    ['reversed times', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['no order number', { orders: ['12x'] }],
    ['no event id', { events: ['12'] }],
  ])('refuses %s', (_, selector) => {
    expect(() => selectionOf(selector)).toThrow(SelectorError);
  });

  test('a shard or a topic alone will do', () => {
    expect(selectionOf({ shard: 0 })).toMatchObject({ from: undefined, firstDay: undefined });
    expect(selectionOf({ topic: 'orders' }).orders).toEqual([]);
  });
});
