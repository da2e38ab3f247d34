import { describe, expect, test } from '@jest/globals';
import { ACTORS, type Actor } from '@ordershard/order-events';
import { ENDINGS, STEPS, type ChangeOrder, type PlaceOrder, type Step } from './command.ts';
import { decide } from './decide.ts';
import {
  ActorNotAllowedError,
  AmountRangeError,
  InvalidLinesError,
  TotalMismatchError,
  TransitionError,
} from './errors.ts';
import { isFinal } from './order.ts';
import { orderAfter, SAMPLE_PLACE, SAMPLE_TIME } from '../fixtures/order-samples.ts';

const by = (actor: Actor, ...steps: readonly Step[]): ChangeOrder[] =>
  steps.map((type) => ({ type, by: actor }));
const upTo = (last: Step): ChangeOrder[] => by('service', ...STEPS.slice(0, STEPS.indexOf(last) + 1));
const end = (type: 'cancel' | 'refund', actor: Actor): ChangeOrder => ({ type, by: actor, reason: 'why' });

const place = (change: Partial<PlaceOrder>) => decide({ ...SAMPLE_PLACE, ...change }, undefined, SAMPLE_TIME);

describe('placing', () => {
  test('prices each line and adds them up exactly', () => {
    expect(place({})).toEqual([
      expect.objectContaining({
        type: 'order.created',
        at: '2026-01-02T03:04:05.678Z',
        total: 9_007_199_254_749_993n,
        lines: [
          expect.objectContaining({ line: 1, amount: 9_000n }),
          expect.objectContaining({ line: 2, amount: 9_007_199_254_740_993n }),
        ],
      }),
    ]);
  });

  test('an expected total has to be right to the unit', () => {
    expect(place({ expectedTotal: 9_007_199_254_749_993n })).toHaveLength(1);
    expect(() => place({ expectedTotal: 9_007_199_254_749_992n })).toThrow(TotalMismatchError);
  });

  test.each<[string, Partial<PlaceOrder>, new (...args: never[]) => Error, string]>([
    ['no lines', { lines: [] }, InvalidLinesError, 'items'],
    [
      'a quantity of zero',
      { lines: [{ menuId: 'a', name: 'A', unitPrice: 1n, quantity: 0 }] },
      InvalidLinesError,
      'items[0].quantity',
    ],
    [
      'a fraction',
      { lines: [{ menuId: 'a', name: 'A', unitPrice: 1n, quantity: 1.5 }] },
      InvalidLinesError,
      'items[0].quantity',
    ],
    [
      'a negative price',
      { lines: [{ menuId: 'a', name: 'A', unitPrice: -1n, quantity: 1 }] },
      AmountRangeError,
      'items[0]',
    ],
    [
      'an amount past 64 bits',
      { lines: [{ menuId: 'a', name: 'A', unitPrice: 2n ** 62n, quantity: 2 }] },
      AmountRangeError,
      'items[0].quantity',
    ],
    [
      'a total past 64 bits',
      {
        lines: [1, 2].map((n) => ({ menuId: `${n}`, name: 'A', unitPrice: 2n ** 62n, quantity: 1 })),
      },
      AmountRangeError,
      'items',
    ],
  ])('refuses %s', (_, change, error, field) => {
    expect(() => place(change)).toThrow(error);
    expect(() => place(change)).toThrow(expect.objectContaining({ field }));
  });

  test('an order is placed once', () => {
    expect(() => decide(SAMPLE_PLACE, orderAfter(), SAMPLE_TIME)).toThrow(TransitionError);
  });

  test('shops place no orders', () => {
    expect(() => place({ by: 'shop' })).toThrow(ActorNotAllowedError);
  });
});

describe('the way of an order', () => {
  test('leads through every state to delivered', () => {
    expect(orderAfter(...upTo('deliver')).timeline.map(({ status }) => status)).toEqual([
      'created',
      'paid',
      'accepted',
      'cooking',
      'ready',
      'dispatched',
      'picked_up',
      'delivered',
    ]);
  });

  test.each(STEPS)('%s is refused for an order that does not exist', (type) => {
    expect(() => decide({ type, by: 'service' }, undefined, SAMPLE_TIME)).toThrow(TransitionError);
  });

  test.each(STEPS.flatMap((done) => STEPS.map((next) => [done, next] as const)))(
    'after %s, %s is only the next step',
    (done, next) => {
      const attempt = () => orderAfter(...upTo(done), { type: next, by: 'service' });
      if (STEPS.indexOf(next) === STEPS.indexOf(done) + 1)
        expect(attempt().version).toBe(STEPS.indexOf(next) + 2);
      else expect(attempt).toThrow(TransitionError);
    },
  );

  test('a clock that is behind does not turn the timeline back', () => {
    const [change] = decide({ type: 'pay', by: 'member' }, orderAfter(), new Date(0));
    expect(change?.at).toBe(SAMPLE_TIME.toISOString());
  });
});

describe('cancelling', () => {
  test.each<[Actor, Step | undefined, boolean]>([
    ['member', undefined, true],
    ['member', 'accept', true],
    ['member', 'cook', false],
    ['shop', undefined, true],
    ['shop', 'ready', true],
    ['shop', 'dispatch', false],
    ['operator', 'ready', true],
    ['operator', 'deliver', false],
    ['service', 'ready', true],
  ])('by a %s after %s: %s', (actor, last, allowed) => {
    const attempt = () => orderAfter(...(last === undefined ? [] : upTo(last)), end('cancel', actor));
    if (allowed) expect(attempt().cancellation).toEqual({ by: actor, reason: 'why' });
    else expect(attempt).toThrow(TransitionError);
  });
});

describe('refunding', () => {
  test.each<[string, ChangeOrder[], boolean]>([
    ['a delivered order', upTo('deliver'), true],
    ['one that was paid and cancelled', [...upTo('accept'), end('cancel', 'shop')], true],
    ['one that was cancelled unpaid', [end('cancel', 'member')], false],
    ['a paid order that goes on', upTo('pay'), false],
    ['one that was refunded', [...upTo('deliver'), end('refund', 'operator')], false],
  ])('%s: %#', (_, commands, allowed) => {
    const attempt = () => orderAfter(...commands, end('refund', 'operator'));
    if (allowed) expect(attempt()).toMatchObject({ status: 'refunded', refund: { by: 'operator' } });
    else expect(attempt).toThrow(TransitionError);
  });

  test.each(ACTORS)('a %s', (actor) => {
    const attempt = () => orderAfter(...upTo('deliver'), end('refund', actor));
    if (actor === 'operator' || actor === 'service') expect(isFinal(attempt())).toBe(true);
    else expect(attempt).toThrow(ActorNotAllowedError);
  });
});

test('members do not cook, shops do not pay', () => {
  expect(() => orderAfter({ type: 'accept', by: 'member' })).toThrow(ActorNotAllowedError);
  expect(() => orderAfter({ type: 'pay', by: 'shop' })).toThrow(ActorNotAllowedError);
  expect(ENDINGS).toEqual(['cancel', 'refund']);
});
