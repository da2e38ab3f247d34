import { describe, expect, test } from '@jest/globals';
import type { Basket } from '../plan/order.ts';
import { Findings } from './findings.ts';
import { Ledger } from './ledger.ts';
import type { OrderContent } from './order-content.ts';

const basket: Basket = {
  memberId: 'm',
  shopId: 's',
  items: [{ menuId: 'a', quantity: 2 }],
  total: 10n,
  note: 'n',
  deliveryAddress: { line1: 'x' },
};
const placed: OrderContent = {
  number: '1',
  version: 1,
  status: 'created',
  memberId: 'm',
  shopId: 's',
  shopName: 'S',
  currency: 'KRW',
  total: '10',
  items: [[1, 'a', 'A', '5', 2, '10']],
  address: ['x', '', '', ''],
  note: 'n',
  timeline: [['created', 't']],
  cancellation: null,
  refundReason: null,
  placedAt: 't',
  updatedAt: 't',
};
const paid: OrderContent = { ...placed, version: 2, status: 'paid' };

function start() {
  const findings = new Findings();
  const ledger = new Ledger(findings);
  const entry = ledger.placed('key', basket, placed);
  return { findings, ledger, entry };
}

describe('placing', () => {
  test('what was asked for is no finding', () => expect(start().findings.none).toBe(true));

  test.each<[string, Partial<OrderContent>]>([
    ['another total', { total: '11' }],
    ['another member', { memberId: 'x' }],
    ['another shop', { shopId: 'x' }],
    ['another note', { note: null }],
    ['another address', { address: null }],
    ['a line too few', { items: [] }],
    ['lines that do not add up', { items: [[1, 'a', 'A', '4', 2, '8']] }],
    ['an amount that is not price times quantity', { items: [[1, 'a', 'A', '4', 2, '10']] }],
    ['another quantity', { items: [[1, 'a', 'A', '10', 1, '10']] }],
    ['another version', { version: 2 }],
  ])('%s is found', (_, change) => {
    const { ledger, findings } = start();
    ledger.placed('key-2', basket, { ...placed, number: '2', ...change });
    expect(findings.counts.mismatched).toBe(1);
  });

  test('a number given twice is found', () => {
    const { ledger, findings } = start();
    ledger.placed('key-2', basket, placed);
    expect(findings.counts.duplicated).toBe(1);
  });
});

describe('changing', () => {
  test('the next version in the right status is no finding', () => {
    const { ledger, entry, findings } = start();
    ledger.changed(entry, 'paid', paid);
    expect(findings.none).toBe(true);
    expect(entry.statuses).toEqual(['created', 'paid']);
    expect(ledger.effects).toBe(2);
  });

  test.each<[string, Partial<OrderContent>, 'duplicated' | 'mismatched']>([
    ['a version too many', { version: 3 }, 'duplicated'],
    ['the same version', { version: 1 }, 'mismatched'],
    ['another status', { status: 'accepted' }, 'mismatched'],
    ['another total', { total: '9' }, 'mismatched'],
    ['another order', { number: '2' }, 'mismatched'],
  ])('%s is found', (_, change, kind) => {
    const { ledger, entry, findings } = start();
    ledger.changed(entry, 'paid', { ...paid, ...change });
    expect(findings.counts[kind]).toBe(1);
  });
});

describe('repeating and reading', () => {
  test('the first answer again, marked, is no finding', () => {
    const { ledger, entry, findings } = start();
    ledger.changed(entry, 'paid', paid);
    ledger.repeated(entry, 1, placed, true);
    ledger.repeated(entry, 2, paid, true);
    ledger.read(placed);
    ledger.read(paid);
    ledger.read({ ...paid, number: '99' });
    expect(findings.none).toBe(true);
  });

  test.each<[string, OrderContent, boolean, 'duplicated' | 'mismatched']>([
    ['another order', { ...placed, number: '2' }, true, 'duplicated'],
    ['a later version', paid, true, 'duplicated'],
    ['another answer', { ...placed, note: 'other' }, true, 'mismatched'],
    ['an answer that is not marked', placed, false, 'mismatched'],
  ])('%s is found', (_, answer, marked, kind) => {
    const { ledger, entry, findings } = start();
    ledger.repeated(entry, 1, answer, marked);
    expect(findings.counts[kind]).toBe(1);
  });

  test('a read of other content than was acknowledged is found', () => {
    const { ledger, findings } = start();
    ledger.read({ ...placed, total: '9' });
    expect(findings.counts.mismatched).toBe(1);
  });
});
