import { expect, test } from '@jest/globals';
import { ACTORS } from '@ordershard/order-events';
import * as fc from 'fast-check';
import { asOf } from './as-of.ts';
import { ENDINGS, STEPS, type ChangeOrder, type PlaceOrder } from './command.ts';
import { decide } from './decide.ts';
import { OrderError } from './errors.ts';
import { evolve } from './evolve.ts';
import { isFinal, updatedAt, type Order } from './order.ts';
import { SAMPLE_PLACE } from '../fixtures/order-samples.ts';
import { toSnapshot } from './snapshot.ts';

const placing: fc.Arbitrary<PlaceOrder> = fc.record({
  type: fc.constant('place' as const),
  by: fc.constant('member' as const),
  number: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  memberId: fc.string({ minLength: 1 }),
  shop: fc.constant(SAMPLE_PLACE.shop),
  lines: fc.array(
    fc.record({
      menuId: fc.string({ minLength: 1 }),
      name: fc.string(),
      unitPrice: fc.bigInt({ min: 0n, max: 2n ** 52n }),
      quantity: fc.integer({ min: 1, max: 10 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});

const actor = fc.constantFrom(...ACTORS);
const command: fc.Arbitrary<ChangeOrder> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom(...STEPS), by: actor }) },
  fc.record({ type: fc.constantFrom(...ENDINGS), by: actor, reason: fc.string() }),
);

/** Commands that mostly follow the smooth way, so that walks get past the first states. */
const walk = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constant('next' as const) }, { weight: 1, arbitrary: command }),
  { maxLength: 24 },
);

const time = fc.date({ min: new Date('2025-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });

function attempt(state: Order, next: ChangeOrder, now: Date): Order {
  try {
    return decide(next, state, now).reduce(evolve, state);
  } catch (error) {
    if (error instanceof OrderError) return state;
    throw error;
  }
}

test('on every walk: versions rise by one, times never go back, final states stay, each version can be had again', () => {
  fc.assert(
    fc.property(placing, walk, fc.array(time, { minLength: 25, maxLength: 25 }), (first, steps, times) => {
      let state = decide(first, undefined, times[24]!).reduce<Order | undefined>(evolve, undefined)!;
      const versions = [state];
      for (const [index, step] of steps.entries()) {
        const next: ChangeOrder =
          step === 'next' ? { type: STEPS[state.version - 1] ?? 'deliver', by: 'service' } : step;
        const after = attempt(state, next, times[index]!);
        if (after === state) continue;
        expect(isFinal(state)).toBe(false);
        expect(after.version).toBe(state.version + 1);
        expect(updatedAt(after) >= updatedAt(state)).toBe(true);
        versions.push(after);
        state = after;
      }
      for (const version of versions) {
        expect(toSnapshot(asOf(state, version.version))).toEqual(toSnapshot(version));
      }
      expect(() => asOf(state, state.version + 1)).toThrow(RangeError);
      expect(() => asOf(state, 0)).toThrow(RangeError);
    }),
  );
});

test('the total is the sum of the amounts, and each amount is price times quantity', () => {
  fc.assert(
    fc.property(placing, time, (first, now) => {
      const state = decide(first, undefined, now).reduce<Order | undefined>(evolve, undefined)!;
      expect(state.total).toBe(
        first.lines.reduce((sum, line) => sum + line.unitPrice * BigInt(line.quantity), 0n),
      );
      expect(state.lines.every((line) => line.amount === line.unitPrice * BigInt(line.quantity))).toBe(true);
      const snapshot = toSnapshot(state);
      expect(BigInt(snapshot.total)).toBe(state.total);
      expect(JSON.parse(JSON.stringify(snapshot)).total).toBe(state.total.toString());
    }),
  );
});
