import { expect, test } from '@jest/globals';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import type { OrderView } from '../projections/order-view.ts';
import { canonicalText } from './canonical.ts';
import { expectedView } from './expected-view.ts';
import { judge } from './judge.ts';

const snapshot = sampleSnapshot(7n, 3, {
  note: 'n',
  deliveryAddress: { line1: 'a', line2: undefined, city: 'c' },
});
const view = expectedView(snapshot);
const kept = { snapshot, expired: false };
const gone = { snapshot: undefined, expired: false };
const expired = { snapshot: undefined, expired: true };

test.each([
  ['equal', kept, view],
  ['equal', { snapshot, expired: true }, view],
  ['equal', gone, undefined],
  ['expired', expired, view],
  ['extra', gone, view],
  ['missing', kept, undefined],
  ['stale', kept, { ...view, version: 2 }],
  ['changed', kept, { ...view, version: 4 }],
  ['changed', kept, { ...view, total: view.total + 1n }],
  ['changed', kept, { ...view, note: 'N' }],
  ['changed', kept, { ...view, items: [] }],
  ['changed', kept, { ...view, more: 1 } as OrderView],
  ['changed', kept, { ...view, deliveryAddress: { line1: 'a' } }],
  ['changed', kept, { ...view, updatedAt: new Date(view.updatedAt.getTime() + 1) }],
  ['equal', kept, { ...view, carriedOver: true } as OrderView],
  ['equal', kept, { ...view, version: 3n as unknown as number }],
] as const)('%s', (verdict, answer, shown) => {
  expect(judge(answer, shown as OrderView | undefined)).toBe(verdict);
});

test('the order of fields is no content, the order of a list is', () => {
  const turned = Object.fromEntries(Object.entries(view).toReversed());
  expect(canonicalText(turned)).toBe(canonicalText(view));
  expect(canonicalText({ list: [1, 2] })).not.toBe(canonicalText({ list: [2, 1] }));
  expect(canonicalText({ a: '1' })).not.toBe(canonicalText({ a: 1n }));
});
