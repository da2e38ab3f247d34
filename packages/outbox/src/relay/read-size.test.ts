import { expect, test } from '@jest/globals';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { ReadSize } from './read-size.ts';

const rows = (count: number, bytes: number) =>
  Array.from({ length: count }, () => ({ payload: Buffer.alloc(bytes) }) as OutboxRow);

test('reads hold a bounded number of bytes, down to a single row', () => {
  const size = new ReadSize();
  size.seen(rows(10, 3_000_000));
  expect(size.rows).toBe(1);
  for (let read = 0; read < 20; read += 1) size.seen(rows(1, 100));
  expect(size.rows).toBe(2_000);
  size.seen(rows(2, 500_000));
  expect(size.rows).toBe(4);
});
