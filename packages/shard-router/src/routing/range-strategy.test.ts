import { expect, test } from '@jest/globals';
import { InvalidKeyError, TopologyError, UnknownShardError } from '../errors.ts';
import { type KeyRange, RangeStrategy } from './range-strategy.ts';
import { strategyContract } from './strategy.contract.ts';

const numberRanges: readonly KeyRange[] = [
  { from: 100n, to: 2n ** 62n, shard: 1 },
  { from: null, to: 100n, shard: 0 },
  { from: 2n ** 62n, to: null, shard: 0 },
];
const numbers = Array.from({ length: 200 }, (_, i) => BigInt(i) ** 9n);

strategyContract('range over numbers', {
  open: () => new RangeStrategy([0, 1], numberRanges),
  keys: numbers,
});

strategyContract('range over texts', {
  open: () =>
    new RangeStrategy(
      [0, 1, 2],
      [
        { from: null, to: 'k', shard: 0 },
        { from: 'k', to: '\u{1F600}', shard: 1 },
        { from: '\u{1F600}', to: null, shard: 2 },
      ],
    ),
  keys: Array.from({ length: 300 }, (_, i) => `${'az～\u{1F600}'[i % 4] ?? ''}${i}`),
});

test('a bound belongs to the range that it begins', () => {
  const strategy = new RangeStrategy([0, 1], numberRanges);
  expect([99n, 100n, 2n ** 62n - 1n, 2n ** 62n].map((key) => strategy.shardOf(key))).toEqual([0, 1, 1, 0]);
  expect(strategy.shardOf('100')).toBe(1);
  expect(strategy.shardOf('-5')).toBe(0);
});

test('texts go by code point, as the database orders them', () => {
  const strategy = new RangeStrategy(
    [0, 1],
    [
      { from: null, to: '\u{1F600}', shard: 0 },
      { from: '\u{1F600}', to: null, shard: 1 },
    ],
  );
  // In UTF-16 units U+FF5E comes after U+1F600.
  expect(strategy.shardOf('～')).toBe(0);
  expect(strategy.shardOf('\u{1F601}')).toBe(1);
});

test('one range can hold every key', () => {
  expect(new RangeStrategy([3], [{ from: null, to: null, shard: 3 }]).shardOf(5n)).toBe(3);
});

test.each<[string, readonly KeyRange[], string]>([
  [
    'overlap',
    [
      { from: null, to: 20n, shard: 0 },
      { from: 10n, to: null, shard: 1 },
    ],
    'overlap',
  ],
  [
    'two that hold all below',
    [
      { from: null, to: 20n, shard: 0 },
      { from: null, to: null, shard: 1 },
    ],
    'overlap',
  ],
  [
    'gap',
    [
      { from: null, to: 10n, shard: 0 },
      { from: 11n, to: null, shard: 1 },
    ],
    'no range holds the keys between',
  ],
  ['no lowest', [{ from: 1n, to: null, shard: 0 }], 'no range holds the keys below'],
  ['no highest', [{ from: null, to: 10n, shard: 0 }], 'no range holds the keys above'],
  [
    'empty range',
    [
      { from: null, to: 10n, shard: 0 },
      { from: 10n, to: 10n, shard: 0 },
      { from: 10n, to: null, shard: 1 },
    ],
    'holds no key',
  ],
  [
    'turned round',
    [
      { from: null, to: 10n, shard: 0 },
      { from: 10n, to: 5n, shard: 0 },
      { from: 5n, to: null, shard: 1 },
    ],
    'holds no key',
  ],
  [
    'mixture',
    [
      { from: null, to: 10n, shard: 0 },
      { from: '10', to: null, shard: 1 },
    ],
    'not both',
  ],
  [
    'other bounds',
    [
      { from: null, to: 10 as unknown as bigint, shard: 0 },
      { from: 10 as unknown as bigint, to: null, shard: 1 },
    ],
    'not number',
  ],
  ['nothing', [], 'needs a range'],
])('ranges with %s are refused', (_, ranges, message) => {
  expect(() => new RangeStrategy([0, 1], ranges)).toThrow(TopologyError);
  expect(() => new RangeStrategy([0, 1], ranges)).toThrow(message);
});

test('an unknown shard is refused', () => {
  expect(() => new RangeStrategy([0], numberRanges)).toThrow(UnknownShardError);
});

test.each([['abc'], ['1.5'], ['1e3'], [' 1'], ['007'], ['-0']])(
  '%j is no key of ranges of numbers',
  (key) => {
    expect(() => new RangeStrategy([0, 1], numberRanges).shardOf(key)).toThrow(InvalidKeyError);
  },
);

test('a bigint is no key of ranges of texts', () => {
  const strategy = new RangeStrategy(
    [0],
    [
      { from: null, to: 'k', shard: 0 },
      { from: 'k', to: null, shard: 0 },
    ],
  );
  expect(() => strategy.shardOf(5n)).toThrow(InvalidKeyError);
});
