import { expect, test } from '@jest/globals';
import { flavourIn } from './flavour.ts';

test('a stack is of the MySQL that is said, and of the usual one unless it is', () => {
  expect(flavourIn({ ORDERSHARD_MYSQL: '8.0' })).toBe('8.0');
  expect(flavourIn({ ORDERSHARD_MYSQL: 'mariadb' })).toBe('mariadb');
  expect(flavourIn({ ORDERSHARD_MYSQL: '' })).toBeUndefined();
  expect(flavourIn({})).toBeUndefined();
});

test('a MySQL that there is not is refused by name', () => {
  expect(() => flavourIn({ ORDERSHARD_MYSQL: '5.7' })).toThrow('ORDERSHARD_MYSQL is "5.7"');
});
