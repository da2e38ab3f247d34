import { describe, expect, test } from '@jest/globals';
import { comparePlaces, decodeHandback, encodeHandback, type Handback, hasReached } from './handback.ts';

const position = { server: 'a', file: 'binlog.000009', pos: 500, gtids: '' };
const never = () => Promise.reject(new Error('not to be asked'));

describe('a connector has reached a position', () => {
  test.each([
    ['no offset', undefined, false],
    ['just before', { file: 'binlog.000009', pos: 499 }, false],
    ['there', { file: 'binlog.000009', pos: 500 }, true],
    ['a later file', { file: 'binlog.000010', pos: 4 }, true],
    ['later, but in a snapshot', { file: 'binlog.000010', pos: 4, snapshot: 'INITIAL' }, false],
    ['after a snapshot', { file: 'binlog.000010', pos: 4, snapshot: null }, true],
  ])('without GTIDs: %s', async (_, offset, reached) => {
    expect(await hasReached(offset, position, never)).toBe(reached);
  });

  test('with GTIDs, those alone count', async () => {
    const withGtids = { ...position, gtids: 'a:1-7' };
    const contains = (part: string, whole: string) => Promise.resolve(part === 'a:1-7' && whole === 'a:1-9');
    expect(await hasReached({ file: 'binlog.000001', pos: 4, gtids: 'a:1-9' }, withGtids, contains)).toBe(
      true,
    );
    expect(await hasReached({ file: 'binlog.999999', pos: 4, gtids: 'a:1-6' }, withGtids, contains)).toBe(
      false,
    );
    expect(await hasReached({ file: 'binlog.999999', pos: 4 }, withGtids, contains)).toBe(false);
  });
});

test('files are compared by number', () => {
  expect(comparePlaces({ file: 'b.1000000', pos: 4 }, { file: 'b.999999', pos: 9 })).toBeGreaterThan(0);
});

test.each<Handback>([
  { step: 'marked', marker: { settledId: 9_007_199_254_740_993n, position } },
  { step: 'reached', settledId: 9_007_199_254_740_993n },
  { step: 'given-up' },
])('$step is stored and read', (handback) => {
  expect(decodeHandback(encodeHandback(handback))).toEqual(handback);
});
