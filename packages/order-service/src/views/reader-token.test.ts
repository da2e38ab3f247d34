import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { InvalidReaderTokenError } from './errors.ts';
import {
  decodeReaderToken,
  encodeReaderToken,
  MOST_ORDERS,
  type Seen,
  TOKEN_PATTERN,
} from './reader-token.ts';

const OWNERS = { member: '0123456789ab', shop: 'ffffffffffff' };
const LARGEST = { number: 2n ** 63n - 1n, version: 999_999_999 };

const SEEN: readonly Seen[] = [
  { time: 0n, orders: [] },
  { time: 2n ** 64n - 1n, orders: [] },
  { time: 1n, orders: [{ number: 0n, version: 1 }] },
  { time: 7n << 32n, orders: [{ number: 250973221195845633n, version: 3, owners: OWNERS }, LARGEST] },
  { time: 5n, orders: Array.from({ length: MOST_ORDERS }, () => ({ ...LARGEST, owners: OWNERS })) },
];

test.each(SEEN.map((seen) => [seen.orders.length, seen] as const))('%s orders come back', (_, seen) => {
  const token = encodeReaderToken(seen);
  expect(token).toMatch(new RegExp(`^${TOKEN_PATTERN}$`));
  expect(decodeReaderToken(token)).toEqual(seen);
});

/** A token as somebody makes it who knows how. */
function forged(...parts: readonly Buffer[]): string {
  const bytes = Buffer.concat(parts);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([bytes, sum]).toString('base64url');
}
const head = (format: number) => Buffer.from([format, 0, 0, 0, 0, 0, 0, 0, 9]);
const order = (number: bigint, version: number) => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(version, bytes.writeBigUInt64BE(number));
  return bytes;
};

describe('what no answer gave is refused', () => {
  const good = encodeReaderToken(SEEN[3]!);

  test('such as text that was cut or changed anywhere', () => {
    for (let at = 0; at < good.length; at += 1) {
      expect(() => decodeReaderToken(good.slice(0, at))).toThrow(InvalidReaderTokenError);
      const other = good[at] === 'A' ? 'B' : 'A';
      expect(() => decodeReaderToken(good.slice(0, at) + other + good.slice(at + 1))).toThrow(
        InvalidReaderTokenError,
      );
    }
  });

  test.each([
    ['nothing', ''],
    ['blanks', ` ${good}`],
    ['padding', `${good}=`],
    ['another alphabet', Buffer.from(good, 'base64url').toString('base64').replace(/=*$/, '+')],
    ['another format', forged(head(2))],
    ['a half order', forged(head(1), Buffer.alloc(5))],
    ['an order without its owners', forged(head(1), order(1n, 0x8000_0001))],
    ['half of its owners', forged(head(1), order(1n, 0x8000_0001), Buffer.alloc(11))],
    ['version 0', forged(head(1), order(1n, 0))],
    ['a version above all', forged(head(1), order(1n, 1_000_000_000))],
    ['a number above all', forged(head(1), order(2n ** 63n, 1))],
    ['more orders than any', forged(head(1), ...Array.from({ length: MOST_ORDERS + 1 }, () => order(1n, 1)))],
  ])('such as %s', (_, token) => {
    expect(() => decodeReaderToken(token)).toThrow(InvalidReaderTokenError);
  });
});
