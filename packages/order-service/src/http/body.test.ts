import { expect, test } from '@jest/globals';
import { BODY_LIMIT, parse } from './body.ts';
import { Problem } from './problem.ts';

const problemOf = (bytes: Buffer): Problem => {
  try {
    parse(bytes);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('was not refused');
};

test('reads JSON in UTF-8, and no byte order mark', () => {
  expect(parse(Buffer.from('{"a":"떡볶이 🍚"}'))).toEqual({ a: '떡볶이 🍚' });
  expect(problemOf(Buffer.from('\uFEFF{}')).problem).toBe('malformed-body');
});

test.each([
  ['no JSON', Buffer.from('hello'), /not JSON/],
  ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
  ['an array as deep as a body can be', Buffer.from('['.repeat(BODY_LIMIT)), /not JSON|too deeply/],
  [
    'objects as deep as a body can be',
    Buffer.from('{"a":'.repeat(BODY_LIMIT / 7) + '1' + '}'.repeat(BODY_LIMIT / 7)),
    /too deeply/,
  ],
])('%s is a problem, not a crash', (_, bytes, message) => {
  expect(problemOf(bytes)).toMatchObject({
    problem: 'malformed-body',
    message: expect.stringMatching(message),
  });
});
