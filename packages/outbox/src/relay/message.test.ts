import { expect, test } from '@jest/globals';
import { sourceOf, toMessage } from './message.ts';

const row = {
  id: 5n,
  eventId: '7-2',
  aggregateId: '7',
  type: 'order.paid',
  sequence: 2,
  payload: Buffer.from('{"number":"7"}'),
  traceparent: null,
  occurredAt: '2026-01-02 03:04:05.678',
};

test('a row becomes a CloudEvents message, its time in UTC, its payload as it is', () => {
  expect(toMessage(row, sourceOf('test'))).toEqual({
    key: '7',
    value: Buffer.from('{"number":"7"}'),
    headers: {
      ce_specversion: '1.0',
      ce_id: '7-2',
      ce_source: '/ordershard/test/orders',
      ce_type: 'order.paid',
      ce_subject: '7',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_sequence: '2',
      'content-type': 'application/json',
    },
  });
});

test('a trace goes on', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(toMessage({ ...row, traceparent }, '/x').headers).toMatchObject({ traceparent });
});
