import { describe, expect, test } from '@jest/globals';
import {
  ORDER_STATUSES,
  type OrderSnapshot,
  type OrderStatus,
  toOrderNumber,
} from '@ordershard/order-events';
import { PARTIES, type PartyName, REPORTS } from '../ports/third-party.ts';
import { commandsFor, needOf } from './decide.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const PATIENCE = { payment: 10_000, shop: 20_000, delivery: 30_000 };

/** An order that has passed some states, a second each; it is in the last one since `agoMs`. */
function orderIn(statuses: readonly OrderStatus[], agoMs = 0): OrderSnapshot {
  const at = new Date(NOW.getTime() - agoMs).toISOString();
  return {
    number: toOrderNumber(9_007_199_254_740_993n),
    version: statuses.length,
    status: statuses.at(-1)!,
    memberId: 'm-1',
    shopId: 's-1',
    shopName: 'S',
    currency: 'KRW',
    total: '1000',
    items: [],
    timeline: statuses.map((status) => ({ status, at })),
    placedAt: at,
    updatedAt: at,
  };
}

describe('what an order needs', () => {
  test.each<[PartyName, readonly OrderStatus[], string]>([
    ['payment', ['created'], 'request'],
    ['payment', ['created', 'paid'], 'nothing'],
    ['payment', ['created', 'cancelled'], 'withdraw'],
    ['payment', ['created', 'paid', 'cancelled'], 'withdraw'],
    ['payment', ['created', 'paid', 'cancelled', 'refunded'], 'withdraw'],
    ['shop', ['created'], 'nothing'],
    ['shop', ['created', 'paid'], 'request'],
    ['shop', ['created', 'paid', 'accepted'], 'ask'],
    ['shop', ['created', 'paid', 'accepted', 'cooking'], 'ask'],
    ['shop', ['created', 'paid', 'accepted', 'cooking', 'ready'], 'nothing'],
    ['shop', ['created', 'paid', 'cancelled'], 'withdraw'],
    ['shop', ['created', 'cancelled'], 'nothing'],
    ['shop', ['created', 'paid', 'cancelled', 'refunded'], 'nothing'],
    ['delivery', ['created', 'paid', 'accepted', 'cooking', 'ready'], 'request'],
    ['delivery', ['created', 'paid', 'accepted', 'cooking', 'ready', 'dispatched'], 'ask'],
    ['delivery', ['created', 'paid', 'accepted', 'cooking', 'ready', 'cancelled'], 'withdraw'],
    ['delivery', ['created', 'paid', 'cancelled'], 'nothing'],
  ])('of the %s, after %j: %s', (party, statuses, need) => {
    expect(needOf(party, orderIn(statuses), PATIENCE, NOW)).toBe(need);
  });

  test.each([
    ['payment', ['created']],
    ['shop', ['created', 'paid']],
    ['delivery', ['created', 'paid', 'accepted', 'cooking', 'ready']],
  ] as const)('the %s is given up after its patience, and not before', (party, statuses) => {
    expect(needOf(party, orderIn(statuses, PATIENCE[party]), PATIENCE, NOW)).toBe('request');
    expect(needOf(party, orderIn(statuses, PATIENCE[party] + 1), PATIENCE, NOW)).toBe('give up');
  });
});

describe('what a report makes of an order', () => {
  test.each<[PartyName, string, OrderStatus, readonly string[]]>([
    ['payment', 'captured', 'created', ['pay']],
    ['payment', 'captured', 'paid', []],
    ['payment', 'declined', 'created', ['cancel']],
    ['payment', 'pending', 'created', []],
    ['shop', 'accepted', 'paid', ['accept']],
    ['shop', 'ready', 'paid', ['accept', 'cook', 'ready']],
    ['shop', 'ready', 'cooking', ['ready']],
    ['shop', 'accepted', 'cooking', []],
    ['shop', 'refused', 'paid', ['cancel']],
    ['delivery', 'delivered', 'ready', ['dispatch', 'pickup', 'deliver']],
    ['delivery', 'picked_up', 'dispatched', ['pickup']],
    ['delivery', 'failed', 'ready', ['cancel']],
  ])('%s %s of an order that is %s: %j', (party, report, status, commands) => {
    expect(commandsFor(party, report as never, status).map(({ type }) => type)).toEqual(commands);
  });

  test('no report takes an order back, or one that has ended further', () => {
    for (const party of PARTIES) {
      for (const report of REPORTS[party]) {
        for (const status of ORDER_STATUSES.slice(ORDER_STATUSES.indexOf('delivered'))) {
          const steps = commandsFor(party, report as never, status).filter(({ type }) => type !== 'cancel');
          expect([party, report, status, steps]).toEqual([party, report, status, []]);
        }
      }
    }
  });
});
