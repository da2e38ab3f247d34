import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  option,
  record,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import { messageOf, sampleSnapshot } from '../order-samples.fixture.ts';
import type { SourceMessage } from './message.ts';

const sample = sampleSnapshot(7n, 3);

/** Texts that a header of ours might hold, and others. */
const oddText = oneof(
  constantFrom(
    '',
    '0',
    '-1',
    '7',
    '3',
    'abc',
    '1e9',
    '9223372036854775808',
    '2147483648',
    'soon',
    'true',
    'orders',
  ),
  constantFrom(
    '2026-01-02T03:04:05.000Z',
    '2026-13-45T00:00:00.000Z',
    '9999-12-31T00:00:00.000Z',
    '1.0',
    'order.paid',
  ),
  string({ unit: 'binary' }),
).map((text) => Buffer.from(text));

const anyBytes = uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

/** Names of headers of ours, and others. */
const name = oneof(
  constantFrom(
    'topic',
    'partition',
    'offset',
    'attempts',
    'first-failed-at',
    'failed-at',
    'due',
    'group',
    'awaits',
    'cut',
  ).map((text) => Buffer.from(`dlq-${text}`)),
  constantFrom('ce_sequence', 'ce_type', 'ce_specversion', 'traceparent', '__proto__').map((text) =>
    Buffer.from(text),
  ),
  anyBytes,
  constant(null),
);

const headers = array(tuple(name, oneof(oddText, anyBytes, constant(null))), { maxLength: 12 });

/** An order of ours with members of others, deep in it too. */
const value = oneof(
  dictionary(oneof(constantFrom(...Object.keys(sample)), string()), jsonValue({ maxDepth: 4 }), {
    maxKeys: 3,
  }).map((members) => Buffer.from(JSON.stringify({ ...sample, ...members }))),
  jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
  anyBytes,
  constant(undefined),
);

/** A message of anybody: headers of ours beside others, any key, any value. */
export const anyMessage: Arbitrary<SourceMessage> = record({
  ours: constantFrom(true, true, false),
  key: oneof(constant(Buffer.from('7')), anyBytes, constant(undefined)),
  value,
  headers,
  topic: constantFrom('t', 't.retry.1', 't.retry.2', 'other'),
  good: option(constant(true), { freq: 3 }),
}).map(({ ours, key, value: bytes, headers: others, topic, good }) => {
  const own = messageOf(7n, 3);
  return {
    key: good === true ? own.key : key,
    value: bytes,
    headers: ours ? [...own.headers, ...others] : others,
    topic,
    partition: 1,
    offset: 5n,
  };
});
