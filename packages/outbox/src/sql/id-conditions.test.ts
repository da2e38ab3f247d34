import { expect, test } from '@jest/globals';
import { idConditions } from './id-conditions.ts';

const range = (first: bigint, last = first) => ({ first, last });
const steps = (count: number, from = 0n) =>
  Array.from({ length: count }, (_, i) => range(from + BigInt(3 * i + 1), from + BigInt(3 * i + 2)));

test('a few ranges are conditions each', () => {
  expect(idConditions([range(3n), range(5n, 9n)])).toEqual({
    sql: ['id = ?', 'id BETWEEN ? AND ?'],
    values: [3n, 5n, 9n],
  });
});

test('many that lie close together are bitmaps, one for each block of ids; huge ones and lone ones stay ranges', () => {
  const { sql, values } = idConditions([...steps(10_000), range(100_000n), range(200_000n, 10_000_000_000n)]);
  expect(sql).toHaveLength(4);
  expect(sql.slice(2)).toEqual(['id = ?', 'id BETWEEN ? AND ?']);
  expect(values.filter((value) => Buffer.isBuffer(value)).map(({ length }) => length)).toEqual([
    2_048, 1_702,
  ]);
  expect((values[2] as Buffer).subarray(0, 3)).toEqual(Buffer.from([0b10110110, 0b01101101, 0b11011011]));
});
