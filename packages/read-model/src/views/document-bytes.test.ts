import { expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { expectedView } from '../verify/expected-view.ts';
import { maxBytesOf } from './document-bytes.ts';

test.each([
  ['a view', expectedView(sampleSnapshot(1n, 3, { note: '🍜 떡볶이'.repeat(50), shopName: 'ascii' }))],
  ['texts', { a: '', b: '🍜'.repeat(100), 떡: 'ß\u0000é' }],
  ['lists', { a: Array.from({ length: 1_000 }, (_, i) => i), b: [[], [{}], [null, undefined, true]] }],
  ['scalars', { a: 1.5, b: 2n ** 63n - 1n, c: new Date(0), d: false, e: null }],
  ['nothing', {}],
])('%s takes no more bytes than it is taken for', (_, document) => {
  const exact = BSON.calculateObjectSize(document);
  expect(maxBytesOf(document)).toBeGreaterThanOrEqual(exact);
  expect(maxBytesOf(document)).toBeLessThan(4 * exact + 100);
});
