import { describe, expect, test } from '@jest/globals';
import type { Life } from './life.ts';
import { LARGEST_AMOUNT } from './order.ts';
import { arrivalOf, planDay } from './plan.ts';
import type { Status } from './states.ts';

const ORDERS = 2_000;
const day = planDay(1, ORDERS);
const lives = Array.from({ length: ORDERS }, (_, index) => day.lifeOf(index));

/** The contract's state machine, written down apart from the plan's own tables. */
const ALLOWED: Record<string, { from: Status[]; by: string[]; to: Status }> = {
  pay: { from: ['created'], by: ['member', 'service'], to: 'paid' },
  accept: { from: ['paid'], by: ['shop', 'service'], to: 'accepted' },
  cook: { from: ['accepted'], by: ['shop', 'service'], to: 'cooking' },
  ready: { from: ['cooking'], by: ['shop', 'service'], to: 'ready' },
  dispatch: { from: ['ready'], by: ['shop', 'service'], to: 'dispatched' },
  pickup: { from: ['dispatched'], by: ['shop', 'service'], to: 'picked_up' },
  deliver: { from: ['picked_up'], by: ['shop', 'service'], to: 'delivered' },
};

function check(life: Life): Status {
  let status: Status = 'created';
  let paid = false;
  for (const action of life.actions) {
    if (action.kind !== 'command') continue;
    if (action.command === 'cancel') {
      const until: Status[] = [
        'created',
        'paid',
        'accepted',
        ...(action.by === 'member' ? [] : (['cooking', 'ready'] as const)),
      ];
      expect(until).toContain(status);
      expect(action.to).toBe('cancelled');
    } else if (action.command === 'refund') {
      expect(action.by).toBe('service');
      expect(status === 'delivered' || (status === 'cancelled' && paid)).toBe(true);
      expect(action.to).toBe('refunded');
    } else {
      const rule = ALLOWED[action.command]!;
      expect(rule.from).toContain(status);
      expect(rule.by).toContain(action.by);
      expect(action.to).toBe(rule.to);
    }
    paid ||= action.command === 'pay';
    status = action.to;
  }
  return status;
}

const sent = (sending: string) => (sending === 'once' ? 1 : 2);

/** How many requests a life makes, each repetition counted. */
function requestsOf({ placing, actions }: Life): number {
  return (
    sent(placing.sending) +
    Number(placing.wrongTotalFirst) +
    Number(placing.otherBodyAfter) +
    actions.reduce((sum, action) => sum + (action.kind === 'command' ? sent(action.sending) : 1), 0)
  );
}

describe('the plan', () => {
  test('is the same for the same seed, in whatever order it is asked', () => {
    const again = planDay(1, ORDERS);
    expect(again.shops).toEqual(day.shops);
    for (const index of [1_999, 0, 1_000, 7]) expect(again.lifeOf(index)).toEqual(lives[index]);
  });

  test('is another for another seed', () => {
    expect(planDay(2, ORDERS).lifeOf(0)).not.toEqual(lives[0]);
  });

  test('every life respects the state machine, and all kinds of ends come up', () => {
    const ends = new Set(lives.map(check));
    expect([...ends].toSorted()).toEqual(['cancelled', 'delivered', 'refunded']);
  });

  test('a too-late command comes when the state no longer allows it', () => {
    const late = lives.filter(({ actions }) => actions.some(({ kind }) => kind === 'too-late'));
    expect(late.length).toBeGreaterThan(0);
    for (const { actions } of late) {
      const before = actions.slice(
        0,
        actions.findIndex(({ kind }) => kind === 'too-late'),
      );
      expect(before.some((action) => action.kind === 'command' && action.command === 'deliver')).toBe(true);
    }
  });

  test('makes a good six requests an order', () => {
    const average = lives.reduce((sum, life) => sum + requestsOf(life), 0) / ORDERS;
    expect(average).toBeGreaterThan(6);
    expect(average).toBeLessThan(6.6);
  });

  test('every way of sending comes up, for placing and for commands', () => {
    const placing = new Set(lives.map((life) => life.placing.sending));
    const commands = new Set(
      lives.flatMap((life) => life.actions.map((a) => (a.kind === 'command' ? a.sending : ''))),
    );
    for (const sending of ['once', 'twin', 'again', 'lost'] as const) {
      expect(placing).toContain(sending);
      expect(commands).toContain(sending);
    }
  });

  test('baskets hold what the shops sell, at their prices, within 64 bits', () => {
    for (const { basket } of lives) {
      const shop = day.shops.find(({ shopId }) => shopId === basket.shopId)!;
      const total = basket.items.reduce((sum, { menuId, quantity }) => {
        expect(quantity).toBeGreaterThan(0);
        return sum + shop.menus.find((menu) => menu.menuId === menuId)!.price * BigInt(quantity);
      }, 0n);
      expect(basket.total).toBe(total);
      expect(total <= LARGEST_AMOUNT).toBe(true);
    }
  });

  test('some total lies beyond what a floating-point number can hold', () => {
    expect(lives.some(({ basket }) => basket.total > BigInt(Number.MAX_SAFE_INTEGER))).toBe(true);
  });

  test('arrivals rise with the index', () => {
    const arrivals = lives.map(({ index }) => arrivalOf(1, index, ORDERS));
    expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
  });
});
