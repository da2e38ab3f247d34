import { describe, expect, test } from '@jest/globals';
import { Findings } from '../../findings.ts';
import { Comparison, type TopicMessage, WrittenWrongError } from './comparison.ts';
import type { EventRow } from './rows.ts';

const row = (order: string, version: number, id = version): EventRow => ({
  id: String(id),
  event_id: `${order}-${version}`,
  aggregateid: order,
  type: 'order.paid',
  sequence: version,
  payload: `{"number":"${order}"}`,
  traceparent: version % 2 === 0 ? '00-1-2-01' : null,
  occurred_at: '2026-01-02 03:04:05.678',
});

const message = (order: string, version: number, partition = 0): TopicMessage => ({
  key: order,
  value: `{"number":"${order}"}`,
  headers: {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: `${order}-${version}`,
    ce_source: '/ordershard/test/orders',
    ce_type: 'order.paid',
    ce_subject: order,
    ce_time: '2026-01-02T03:04:05.678Z',
    ce_sequence: String(version),
    ...(version % 2 === 0 ? { traceparent: '00-1-2-01' } : {}),
  },
  partition,
});

/** What is found when rows were published as messages. */
function compared(rows: readonly EventRow[], messages: readonly TopicMessage[]) {
  const findings = new Findings();
  const comparison = new Comparison('test', findings);
  for (const one of rows) comparison.row('0.outbox_orders_0', one);
  for (const one of messages) comparison.message(one);
  comparison.finish();
  const found = findings.all().map(({ kind, subject }) => `${kind} ${subject}`);
  return { found, redelivered: comparison.redelivered };
}

const ROWS = [row('7', 1), row('7', 2), row('8', 1, 3), row('7', 3, 4)];

describe('Comparison', () => {
  test('finds nothing when each row is there in the order of its versions', () => {
    const messages = [message('8', 1, 1), message('7', 1), message('7', 2), message('7', 3)];
    expect(compared(ROWS, messages)).toEqual({ found: [], redelivered: 0 });
  });

  test('what comes again, even after later versions, is redelivered and in order', () => {
    const again = [message('7', 1), message('7', 2), message('7', 1), message('7', 2), message('7', 3)];
    expect(compared(ROWS, [...again, message('8', 1)])).toEqual({ found: [], redelivered: 2 });
  });

  test('finds a row that is not there', () => {
    expect(compared(ROWS, [message('7', 1), message('7', 2), message('7', 3)]).found).toEqual(['lost 8-1']);
  });

  test('finds a first delivery after that of a later version', () => {
    const messages = [message('7', 2), message('7', 1), message('7', 2), message('7', 3), message('8', 1)];
    expect(compared(ROWS, messages)).toEqual({ found: ['outOfOrder 7-1'], redelivered: 1 });
  });

  test('finds an order on two partitions', () => {
    const messages = [message('7', 1), message('7', 2, 1), message('7', 3), message('8', 1)];
    expect(compared(ROWS, messages).found).toEqual(['outOfOrder 7-2']);
  });

  test.each<[string, TopicMessage]>([
    ['key', { ...message('7', 1), key: '70' }],
    ['value', { ...message('7', 1), value: '{}' }],
    ['header', { ...message('7', 1), headers: { ...message('7', 1).headers, ce_type: 'order.created' } }],
    ['header more', { ...message('7', 1), headers: { ...message('7', 1).headers, more: '1' } }],
  ])('finds another %s than the row has', (_, wrong) => {
    expect(compared([row('7', 1)], [wrong]).found).toEqual(['mismatched 7-1']);
  });

  test('finds a message without a row', () => {
    expect(compared([row('7', 1)], [message('7', 1), message('9', 1)]).found).toEqual(['mismatched 9-1']);
  });

  test('finds a version that was published as two events', () => {
    const twin: EventRow = { ...row('7', 2), event_id: 'twin' };
    const { headers } = message('7', 1);
    const other = {
      ...message('7', 2),
      headers: { ...message('7', 2).headers, ce_id: 'twin', ce_sequence: '1' },
    };
    const { found } = compared([row('7', 1), twin], [{ ...message('7', 1), headers }, other]);
    expect(found).toContain('duplicated twin');
  });

  test('refuses rows whose versions do not follow each other', () => {
    expect(() => compared([row('7', 1), row('7', 3)], [])).toThrow(WrittenWrongError);
    expect(() => compared([row('7', 2), row('7', 1)], [])).toThrow(WrittenWrongError);
  });
});
