import { describe, expect, test } from '@jest/globals';
import { collectionOf, ORDER_VIEWS_PROJECTION, SHOP_DAYS_PROJECTION } from './collections.ts';

describe('collectionOf', () => {
  test('names the version, but for the order views that were there before versions', () => {
    expect(collectionOf(SHOP_DAYS_PROJECTION)).toBe('shop_days_v1');
    expect(collectionOf(ORDER_VIEWS_PROJECTION)).toBe('order_views');
    expect(collectionOf({ ...ORDER_VIEWS_PROJECTION, version: 2 })).toBe('order_views_v2');
  });
});
