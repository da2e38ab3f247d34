import { expect, test } from '@jest/globals';
import { type BusEvent, decodeEvent, encodeEvent } from './envelope.ts';

const event: BusEvent = {
  specversion: '1.0',
  id: 'e-1',
  source: 'api:a-1',
  type: 'rules.changed',
  time: '2026-01-02T03:04:05.678Z',
  subject: 'fees',
  destination: 'api',
  sender: 'run-1',
  data: { set: 'fees' },
};

test('an event is read as it was written', () => {
  expect(decodeEvent(encodeEvent(event))).toEqual(event);
  expect(decodeEvent(Buffer.from(encodeEvent(event)))).toEqual(event);
});

test.each([
  ['nothing', undefined],
  ['no JSON', '{'],
  ['no object', '7'],
  ['no id', JSON.stringify({ ...event, id: undefined })],
  ['a destination that is none', JSON.stringify({ ...event, destination: 'a b' })],
  ['another version', JSON.stringify({ ...event, specversion: '2.0' })],
])('%s is no event', (_, value) => expect(decodeEvent(value)).toBeUndefined());
