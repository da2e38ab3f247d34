import { describe, expect, test } from '@jest/globals';
import { toOrderNumber } from '@ordershard/order-events';
import { InvalidReaderTokenError } from './errors.ts';
import { encodeReaderToken, MOST_ORDERS } from './reader-token.ts';
import { MOST_TOKENS, Reader } from './reader.ts';

const onShard = (number: number, version: number, memberId = 'm-1', shopId = 's-1') => ({
  number: toOrderNumber(BigInt(number)),
  version,
  memberId,
  shopId,
});

test('sends nothing at first, and has seen nothing', () => {
  const reader = Reader.of(undefined);
  expect(reader.clock).toEqual({ time: 0n });
  expect(reader.versionOf(1n)).toBe(0);
  expect(Reader.of(reader.token).ahead()).toEqual([]);
});

test('is known again by its token, with time and orders', () => {
  const reader = new Reader();
  reader.clock.time = 77n;
  reader.sawOnShard(onShard(1, 3));
  reader.sawInViews({ number: 2n, version: 5 });
  const again = Reader.of(reader.token);
  expect(again.clock).toEqual({ time: 77n });
  expect([1n, 2n, 3n].map((number) => again.versionOf(number))).toEqual([3, 5, 0]);
  expect(again.token).toBe(reader.token);
});

test('is ahead of the views by what it saw on shards, of each owner, until views have it', () => {
  const reader = new Reader();
  reader.sawOnShard(onShard(1, 3));
  reader.sawOnShard(onShard(2, 1, 'm-2', 's-1'));
  const again = Reader.of(reader.token);
  const numbers = (owner?: Parameters<Reader['ahead']>[0]) => again.ahead(owner).map(({ number }) => number);
  expect(numbers({ memberId: 'm-1' })).toEqual([1n]);
  expect(numbers({ memberId: 'm-3' })).toEqual([]);
  expect(numbers({ shopId: 's-1' })).toEqual([1n, 2n]);
  expect(numbers()).toEqual([1n, 2n]);
  again.sawInViews({ number: 1n, version: 2 });
  expect(numbers()).toEqual([2n, 1n]);
  again.sawInViews({ number: 1n, version: 3 });
  expect(numbers()).toEqual([2n]);
  again.sawOnShard(onShard(1, 3));
  expect(numbers()).toEqual([2n]);
  again.sawOnShard(onShard(1, 4));
  expect(numbers()).toEqual([2n, 1n]);
});

describe('of several tokens', () => {
  test('each counts for what it says', () => {
    const [one, other] = [new Reader(), new Reader()];
    one.clock.time = 5n;
    one.sawOnShard(onShard(1, 3));
    other.clock.time = 9n;
    other.sawOnShard(onShard(1, 2));
    other.sawOnShard(onShard(2, 1));
    for (const tokens of [`${one.token},${other.token}`, `${other.token}, ${one.token}`]) {
      const both = Reader.of(tokens);
      expect(both.clock).toEqual({ time: 9n });
      expect([1n, 2n].map((number) => both.versionOf(number))).toEqual([3, 1]);
    }
  });

  test('there may be no more than that, nor one that is none', () => {
    const { token } = new Reader();
    expect(Reader.of(Array.from({ length: MOST_TOKENS }, () => token).join()).token).toBe(token);
    for (const tokens of [
      '',
      ',',
      `${token},`,
      'x',
      Array.from({ length: MOST_TOKENS + 1 }, () => token).join(),
    ])
      expect(() => Reader.of(tokens)).toThrow(InvalidReaderTokenError);
  });
});

test('tokens side by side make nobody wait for more than one can say', () => {
  const tokens = [0, 1].map((part) => {
    const reader = new Reader();
    for (let n = 1; n <= MOST_ORDERS; n += 1) reader.sawOnShard(onShard(part * 100 + n, 1));
    return reader.token;
  });
  expect(Reader.of(tokens.join()).ahead()).toHaveLength(MOST_ORDERS);
});

test('a token has room for the last orders, and for few of those that views have', () => {
  const reader = new Reader();
  for (let n = 1; n <= 10; n += 1) reader.sawInViews({ number: BigInt(n), version: 1 });
  for (let n = 11; n <= 40; n += 1) reader.sawOnShard(onShard(n, 1));
  for (let n = 41; n <= 50; n += 1) reader.sawInViews({ number: BigInt(n), version: 1 });
  const again = Reader.of(reader.token);
  const known = Array.from({ length: 50 }, (_, n) => n + 1).filter((n) => again.versionOf(BigInt(n)) > 0);
  expect(known).toEqual([...Array.from({ length: MOST_ORDERS - 4 }, (_, n) => n + 29), 47, 48, 49, 50]);
  expect(again.token.length).toBeLessThan(600);
});

test('the token is what its parts are', () => {
  const reader = new Reader();
  reader.sawInViews({ number: 4n, version: 2 });
  expect(reader.token).toBe(encodeReaderToken({ time: 0n, orders: [{ number: 4n, version: 2 }] }));
});
