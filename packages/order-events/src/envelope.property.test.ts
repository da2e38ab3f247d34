import { expect, test } from '@jest/globals';
import {
  assert,
  constant,
  constantFrom,
  dictionary,
  type Arbitrary,
  jsonValue,
  oneof,
  property,
  record,
  string,
} from 'fast-check';
import { type Envelope, fromEnvelope, readEnvelope, toEnvelope } from './envelope.ts';
import { EnvelopeError } from './errors.ts';
import { sampleEvent } from './samples.fixture.ts';

const RUNS = 1_500;

const event = sampleEvent('paid');
const good = toEnvelope({ ...event, json: JSON.stringify(event.data) });

/** Texts of any kind, and such as some header of ours might hold. */
const oddText = oneof(
  string({ unit: 'binary' }),
  constantFrom(
    '',
    '1.0',
    '-1',
    '1e3',
    '0x10',
    '9223372036854775808',
    '__proto__',
    '/ordershard/schemas/order-snapshot/99',
    'null',
  ),
);

/** Headers of ours, some of them others' or not there. */
const headers: Arbitrary<Readonly<Record<string, string>>> = record({
  changed: dictionary(
    oneof(constantFrom(...Object.keys(good.headers), 'ce_dataschema', '__proto__'), string()),
    oddText,
    {
      maxKeys: 3,
    },
  ),
  left: dictionary(constantFrom(...Object.keys(good.headers)), constant(true), { maxKeys: 2 }),
}).map(({ changed, left }) => {
  const all = { ...good.headers, ...changed };
  return Object.fromEntries(Object.entries(all).filter(([name]) => left[name] !== true));
});

/** Data of ours with members of others, other JSON, and what is none. */
const value = oneof(
  dictionary(oneof(constantFrom(...Object.keys(event.data)), string()), jsonValue(), { maxKeys: 3 }).map(
    (members) => JSON.stringify({ ...event.data, ...members }),
  ),
  jsonValue().map((json) => JSON.stringify(json)),
  oddText,
  constant(good.value),
);

const envelope: Arbitrary<Envelope> = record({ key: oneof(constant(good.key), oddText), value, headers });

test('any key, value and headers are an event, or an EnvelopeError says why they are none', () => {
  let [read, refused] = [0, 0];
  assert(
    property(envelope, (one) => {
      for (const readOne of [readEnvelope, fromEnvelope]) {
        try {
          const { subject, sequence } = readOne(one);
          expect(subject).toBe(one.key);
          expect(sequence).toBeGreaterThan(0);
          read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(EnvelopeError);
          refused += 1;
        }
      }
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(read, refused)).toBeGreaterThan(50);
});
