import { expect, test } from '@jest/globals';
import { encodeNumber } from '@ordershard/shard-router';
import { ProjectionError } from '../errors.ts';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { shopDay, shopDayChange, type ShopDayOrder } from './shop-day.ts';

const order = (change: Partial<ShopDayOrder>): ShopDayOrder => ({
  status: 'created',
  currency: 'KRW',
  total: 10n,
  ...change,
});

test('counts and adds up all of a day, without losing a unit', () => {
  expect(
    shopDay({ shopId: 's', day: '2026-01-02' }, 6n, [
      order({ total: 9_007_199_254_740_993n }),
      order({ status: 'cancelled', total: 2n }),
      order({ status: 'refunded', currency: 'EUR', total: 500n }),
    ]),
  ).toEqual({
    _id: '2026-01-02/s',
    version: 6n,
    shopId: 's',
    day: '2026-01-02',
    orders: 3,
    statuses: { created: 1, cancelled: 1, refunded: 1 },
    sales: [
      { currency: 'EUR', placed: 500n, kept: 0n },
      { currency: 'KRW', placed: 9_007_199_254_740_995n, kept: 9_007_199_254_740_993n },
    ],
  });
});

test('a day is one of UTC, by the order number', () => {
  const at = (time: string) => encodeNumber({ timeMs: Date.parse(time), worker: 1, sequence: 2 });
  const dayOf = (time: string) => shopDayChange({ data: sampleSnapshot(at(time), 4) });
  expect(dayOf('2026-01-02T23:59:59.999Z')).toMatchObject({ day: '2026-01-02', version: 4 });
  expect(dayOf('2026-01-03T00:00:00.000Z').day).toBe('2026-01-03');
});

test('a field that is wrong is named', () => {
  const data = { ...sampleSnapshot(1n, 1), shopId: 7 as unknown as string };
  expect(() => shopDayChange({ data })).toThrow(new ProjectionError('shopId is not a text'));
});

test('sales beyond 64 bits are refused, not wrapped around', () => {
  const most = order({ total: 2n ** 63n - 1n });
  const of = { shopId: 's', day: '2026-01-02' };
  expect(shopDay(of, 1n, [most]).sales).toEqual([{ currency: 'KRW', placed: most.total, kept: most.total }]);
  expect(() => shopDay(of, 1n, [most, order({ total: 1n })])).toThrow(
    new ProjectionError('placed KRW is beyond 64 bits'),
  );
});
