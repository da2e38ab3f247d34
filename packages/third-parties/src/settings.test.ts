import { expect, test } from '@jest/globals';
import { workerSettings } from './settings.ts';

const ENV = {
  ORDERSHARD_MYSQL_URLS: 'mysql://u:p@h:1/d',
  ORDERSHARD_KAFKA_BROKERS: 'h:2',
  ORDERSHARD_MONGODB_URL: 'mongodb://h:3/d',
  ORDERSHARD_PAYMENT_URL: 'http://pay',
  ORDERSHARD_SHOP_URL: 'http://shop',
  ORDERSHARD_DELIVERY_URL: 'https://ride/v1',
};

test('what is not set has a default', () => {
  expect(workerSettings(ENV)).toMatchObject({
    cluster: 'ordershard',
    patience: { payment: 600_000, shop: 900_000, delivery: 1_800_000 },
    callbacks: undefined,
  });
});

test.each([
  [{ ORDERSHARD_PAYMENT_URL: '' }, 'ORDERSHARD_PAYMENT_URL: is not set'],
  [{ ORDERSHARD_SHOP_URL: 'ftp://shop' }, 'ORDERSHARD_SHOP_URL: must be an http'],
  [{ ORDERSHARD_CALLBACK_SECRET: 'short' }, 'ORDERSHARD_CALLBACK_SECRET: must have at least 16'],
  [{ ORDERSHARD_CALLBACK_URL: 'http://us' }, 'ORDERSHARD_CALLBACK_SECRET: is not set, though'],
  [
    { ORDERSHARD_CALL_TIMEOUT_MS: '5000', ORDERSHARD_SHOP_WITHIN_MS: '5000' },
    'ORDERSHARD_SHOP_WITHIN_MS: must be more than ORDERSHARD_CALL_TIMEOUT_MS',
  ],
])('%j is refused', (change, message) => {
  expect(() => workerSettings({ ...ENV, ...change })).toThrow(message);
});
