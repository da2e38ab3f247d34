import { describe, expect, test } from '@jest/globals';
import { drawNames, withDatabase } from './names.ts';

describe('the names of a namespace', () => {
  test('carry the label and are told apart by what is drawn', () => {
    expect(drawNames('Order Service!', 'ab12')).toEqual({
      database: 'ordershard_order_service_ab12',
      topicPrefix: 'order-service-ab12.',
    });
    expect(drawNames('x').database).not.toBe(drawNames('x').database);
  });

  test('fit into MySQL and MongoDB, whatever the label', () => {
    expect(drawNames('a very long label '.repeat(20)).database.length).toBeLessThanOrEqual(63);
    expect(drawNames('…').database).toMatch(/^ordershard_test_[0-9a-f]+$/);
  });
});

describe('another database in a URL', () => {
  test.each([
    ['mysql://u:p@h:3306/old', 'mysql://u:p@h:3306/new'],
    ['mongodb://h1:1,h2:2/old?replicaSet=rs0', 'mongodb://h1:1,h2:2/new?replicaSet=rs0'],
    ['mongodb://h1:1?replicaSet=rs0', 'mongodb://h1:1/new?replicaSet=rs0'],
    ['mongodb+srv://u:p@cluster.example/', 'mongodb+srv://u:p@cluster.example/new'],
  ])('%s', (url, expected) => expect(withDatabase(url, 'new')).toBe(expected));
});
