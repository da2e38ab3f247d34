import { expect, test } from '@jest/globals';
import { InvalidValueError, type RouterError } from '../errors.ts';
import { scatterStatement } from '../sql/scatter-page.ts';
import { ScatterQueryError } from './errors.ts';
import { checkQuery, type ScatterQuery } from './query.ts';

const from = {
  table: 'orders',
  columns: { number: 'integer', bucket: 'integer', shop_id: 'text', created_at: 'datetime', status: 'other' },
  key: ['number'],
} as const;

const query: ScatterQuery = { from, select: ['number', 'status'], orderBy: [{ column: 'number' }] };

test('a statement has nothing in it but checked names; the rest are values', () => {
  const checked = checkQuery({
    ...query,
    where: [
      { column: 'shop_id', is: '=', value: "'; DROP TABLE orders" },
      { column: 'status', in: ['paid', 'created'] },
    ],
    orderBy: [{ column: 'created_at', direction: 'desc' }, { column: 'number' }],
  });
  const { sql, values } = scatterStatement(checked, ['2026-01-01 00:00:00.000', 7n], 50);
  expect(sql).not.toContain('DROP');
  expect(sql).toContain('t.`shop_id` = ?');
  expect(sql).toContain('t.`status` IN (?, ?)');
  expect(sql).toContain('t.`created_at` <= ? AND (t.`created_at` < ? OR (t.`number` > ?))');
  expect(sql).toContain('ORDER BY t.`created_at` DESC, t.`number` ASC LIMIT ?');
  expect(sql).not.toContain('OFFSET');
  expect(values).toEqual([
    "'; DROP TABLE orders",
    'paid',
    'created',
    '2026-01-01 00:00:00.000',
    '2026-01-01 00:00:00.000',
    7n,
    50,
  ]);
});

test.each<[string, ScatterQuery, new (message: string) => RouterError]>([
  ['a column that is not listed', { ...query, select: ['password'] }, ScatterQueryError],
  ['a name that every object has', { ...query, select: ['__proto__'] }, ScatterQueryError],
  ['a method of objects', { ...query, orderBy: [{ column: 'toString' }] }, ScatterQueryError],
  ['nothing selected', { ...query, select: [] }, ScatterQueryError],
  ['a table that is no name', { ...query, from: { ...from, table: 'orders` o' } }, ScatterQueryError],
  [
    'a column that is no name',
    { ...query, from: { ...from, columns: { ...from.columns, 'a b': 'text' } } },
    ScatterQueryError,
  ],
  ['a bucket column that is no name', { ...query, from: { ...from, bucketColumn: '1' } }, ScatterQueryError],
  [
    'a type that is none',
    { ...query, from: { ...from, columns: { ...from.columns, x: 'float' as 'text' } } },
    ScatterQueryError,
  ],
  [
    'an order by a type without one',
    { ...query, orderBy: [{ column: 'status' }, { column: 'number' }] },
    ScatterQueryError,
  ],
  ['an order without the key', { ...query, orderBy: [{ column: 'created_at' }] }, ScatterQueryError],
  ['no order', { ...query, orderBy: [] }, ScatterQueryError],
  ['a column twice', { ...query, orderBy: [{ column: 'number' }, { column: 'number' }] }, ScatterQueryError],
  [
    'a direction that is none',
    { ...query, orderBy: [{ column: 'number', direction: 'up' as 'asc' }] },
    ScatterQueryError,
  ],
  ['a table without a key', { ...query, from: { ...from, key: [] } }, ScatterQueryError],
  [
    'an operator that is none',
    { ...query, where: [{ column: 'number', is: '= 1 OR 1' as '=', value: 1n }] },
    ScatterQueryError,
  ],
  ['a list of none', { ...query, where: [{ column: 'number', in: [] }] }, ScatterQueryError],
  [
    'text for an integer',
    { ...query, where: [{ column: 'number', is: '=', value: '1' }] },
    ScatterQueryError,
  ],
  ['null', { ...query, where: [{ column: 'shop_id', is: '=', value: null }] }, ScatterQueryError],
  [
    'an object for a text',
    { ...query, where: [{ column: 'shop_id', is: '=', value: { a: 1 } as unknown as string }] },
    ScatterQueryError,
  ],
  [
    'an object for another',
    { ...query, where: [{ column: 'status', is: '=', value: { a: 1 } as unknown as string }] },
    InvalidValueError,
  ],
  [
    'more for what has no order',
    { ...query, where: [{ column: 'status', is: '>', value: 'paid' }] },
    ScatterQueryError,
  ],
])('%s is refused', (_, wrong, error) => {
  expect(() => checkQuery(wrong)).toThrow(error);
});
