import { expect, test } from '@jest/globals';
import { Flow, STALL_MS } from './flow.ts';

test('a table that has not moved for half a minute is stalled, with what failed last, until it moves again', () => {
  const flow = new Flow('outbox_orders_0', 1_000);
  flow.failed('too many orders are refused');
  expect(flow.stall(1_000 + STALL_MS - 1)).toBeUndefined();
  expect(flow.stall(1_000 + STALL_MS)).toEqual({
    table: 'outbox_orders_0',
    forMs: STALL_MS,
    cause: 'too many orders are refused',
  });
  flow.moved(40_000);
  expect(flow.stall(39_999 + STALL_MS)).toBeUndefined();
  expect(flow.stall(40_000 + STALL_MS)).toMatchObject({ forMs: STALL_MS, cause: undefined });
});
