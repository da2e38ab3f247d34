import { expect, test } from '@jest/globals';
import { assert, constantFrom, dictionary, jsonValue, oneof, property, string, uint8Array } from 'fast-check';
import { readCallback } from './callbacks/read-callback.ts';
import { sign } from './callbacks/signature.ts';
import { ThirdPartyUnavailableError } from './errors.ts';
import { readReport } from './http/read-report.ts';
import { numberOfKey, PARTIES, REPORTS } from './ports/third-party.ts';

const SECRET = 'a secret of the tests';
const RUNS = 700;

/** Bodies: ours with members of others, other JSON, any bytes. */
const body = oneof(
  dictionary(
    oneof(constantFrom('key', 'state'), string()),
    oneof(jsonValue(), constantFrom('c-1', 'captured', 'ready')),
    {
      maxKeys: 3,
    },
  ).map((json) => Buffer.from(JSON.stringify(json))),
  jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
  uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

test('any callback is a key, or refused; without its signature it is refused whatever it says', () => {
  let keys = 0;
  assert(
    property(body, string({ unit: 'binary' }), (bytes, signature) => {
      expect(readCallback(SECRET, bytes, signature)).toEqual({ refused: 401 });
      expect(readCallback(SECRET, bytes, [sign(SECRET, bytes)])).toEqual({ refused: 401 });
      expect(readCallback(SECRET, bytes, undefined)).toEqual({ refused: 401 });
      const told = readCallback(SECRET, bytes, sign(SECRET, bytes));
      if ('refused' in told) expect(told.refused).toBe(400);
      else {
        keys += 1;
        expect(typeof told.key).toBe('string');
      }
    }),
    { numRuns: RUNS },
  );
  expect(keys).toBeGreaterThan(15);
});

test('any answer of a third party is a report of it, or no answer', () => {
  assert(
    property(body, constantFrom(...PARTIES), (bytes, party) => {
      try {
        expect(REPORTS[party]).toContain(readReport(party, bytes.toString()));
      } catch (error) {
        expect(error).toBeInstanceOf(ThirdPartyUnavailableError);
      }
    }),
    { numRuns: RUNS },
  );
});

test('any key is that of an order number, or of none', () => {
  const key = oneof(
    string({ unit: 'binary' }),
    constantFrom(
      'c-',
      'c-0',
      'c-07',
      'c-1',
      'c--1',
      'c-9223372036854775807',
      'c-9223372036854775808',
      'c-1\n',
      'd-1',
    ),
  );
  assert(
    property(key, (text) => {
      const number = numberOfKey('c', text);
      if (number === undefined) return;
      expect(`c-${number}`).toBe(text);
      expect(number > 0n && number < 2n ** 63n).toBe(true);
    }),
    { numRuns: RUNS },
  );
  expect(numberOfKey('c', 'c-9223372036854775807')).toBe(2n ** 63n - 1n);
  expect(numberOfKey('c', 'c-9223372036854775808')).toBeUndefined();
});
