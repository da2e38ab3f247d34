import { expect, test } from '@jest/globals';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { InvalidCursorError } from './errors.ts';

test.each([0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n])('%s comes back', (number) => {
  expect(encodeCursor(number)).toMatch(/^[\w-]{11}$/);
  expect(decodeCursor(encodeCursor(number))).toBe(number);
});

test.each(['', 'abc', '9007199254740993', `${encodeCursor(1n)}=`, ` ${encodeCursor(1n)}`, '__________8'])(
  '%j is refused',
  (text) => expect(() => decodeCursor(text)).toThrow(InvalidCursorError),
);
