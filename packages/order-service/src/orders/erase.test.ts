import { describe, expect, test } from '@jest/globals';
import { orderAfter } from '../fixtures/order-samples.ts';
import { asOf } from './as-of.ts';
import type { ChangeOrder } from './command.ts';
import { decide } from './decide.ts';
import { ActorNotAllowedError } from './errors.ts';
import { evolve } from './evolve.ts';
import { historyOf, isOver } from './history.ts';
import { isFinal, type Order } from './order.ts';
import { toEvent, toSnapshot } from './snapshot.ts';

const NOW = new Date('2026-02-03T04:05:06.789Z');
const PAY = { type: 'pay', by: 'member' } as const;
const ERASE = { type: 'erase', by: 'operator' } as const;

const change = (order: Order, command: ChangeOrder): Order =>
  decide(command, order, NOW).reduce<Order>(evolve, order);

const personal: Order = {
  ...orderAfter(PAY),
  note: 'ring twice',
  deliveryAddress: { line1: 'Main Street 1' },
};
const cancelled = change(personal, { type: 'cancel', by: 'member', reason: 'I moved to Main Street 2' });

describe('erasing', () => {
  test('takes out what the order says of its member, as a version of its own in the same state', () => {
    const erased = change(cancelled, ERASE);
    expect(erased).toMatchObject({
      version: cancelled.version + 1,
      status: 'cancelled',
      memberId: cancelled.memberId,
      total: cancelled.total,
      lines: cancelled.lines,
      cancellation: { by: 'member', reason: 'erased' },
    });
    expect(erased).not.toHaveProperty('note');
    expect(erased).not.toHaveProperty('deliveryAddress');
    expect(toEvent(toSnapshot(erased), { source: '/test' })).toMatchObject({
      type: 'order.erased',
      sequence: erased.version,
    });
  });

  test('is done once', () => {
    expect(decide(ERASE, change(personal, ERASE), NOW)).toEqual([]);
    const silent = { ...orderAfter(PAY), note: undefined };
    expect(decide(ERASE, silent, NOW)).toEqual([]);
  });

  test('leaves the way of the order as it was', () => {
    const accepted = change(change(personal, ERASE), { type: 'accept', by: 'shop' });
    expect(accepted).toMatchObject({ status: 'accepted', version: personal.version + 2 });
    const refunded = change(change(cancelled, ERASE), { type: 'refund', by: 'service', reason: 'r' });
    expect(isFinal(refunded) && isOver(toSnapshot(refunded))).toBe(true);
  });

  test('has its place in the history, without the ending of the version before', () => {
    const erased = toSnapshot(change(cancelled, ERASE));
    expect(historyOf(erased).map(({ type }) => type)).toEqual([
      'order.created',
      'order.paid',
      'order.cancelled',
      'order.erased',
    ]);
    expect(historyOf(erased, 3)).toEqual([
      { version: 4, type: 'order.erased', status: 'cancelled', at: NOW.toISOString() },
    ]);
  });

  test('holds for the versions before it too: an answer that is given again says nothing any more', () => {
    const before = asOf(change(cancelled, ERASE), 2);
    expect(before).toMatchObject({ version: 2, status: 'paid' });
    expect(JSON.stringify(toSnapshot(before))).not.toMatch(/Main Street|ring twice/);
  });

  test.each(['member', 'shop'] as const)('is nothing that a %s can do', (by) => {
    expect(() => decide({ type: 'erase', by }, personal, NOW)).toThrow(ActorNotAllowedError);
  });
});
