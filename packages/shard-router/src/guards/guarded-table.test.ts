import { expect, test } from '@jest/globals';
import { guardedTablesOf } from './guarded-table.ts';

test('tables that are registered to move are guarded by what their rows belong to', () => {
  const registered = guardedTablesOf([
    { table: 'rides', partitionedBy: 'number', moves: { by: 'number' } },
    { table: 'carts', partitionedBy: 'nothing', moves: { by: 'text', column: 'cart' } },
    { table: 'promises', partitionedBy: 'nothing', moves: { by: 'key' } },
    { table: 'events', partitionedBy: 'day', outbox: true },
    { table: 'settings', partitionedBy: 'nothing' },
  ]);
  expect(registered).toEqual([
    { table: 'rides', number: 'number' },
    { table: 'carts', text: 'cart' },
    { table: 'promises', by: 'key' },
    { table: 'events', number: 'aggregateid' },
  ]);
});
