import { expect, test } from '@jest/globals';
import { provenanceOf, type Provenance, withProvenance } from './provenance.ts';

const provenance: Provenance = {
  topic: 'orders.snapshots',
  partition: 3,
  offset: 2n ** 60n,
  firstFailedAt: new Date('2026-01-02T03:04:05.006Z'),
  failedAt: new Date('2026-01-02T03:05:05.006Z'),
  attempts: 2,
  reason: 'READ_MODEL_VIEW_REFUSED: 떡볶이 "$set"',
  stack: 'Error: x\n    at y',
  release: 'v2',
  letter: '0-7',
  awaits: 'order views',
  group: 'read-model',
  due: new Date('2026-01-02T03:06:05.006Z'),
};
const own = [[Buffer.from('ce_id'), Buffer.from('1-1')]] as const;

test('where a message came from travels in its headers, beside its own', () => {
  const headers = [...withProvenance(own, provenance)];
  expect(provenanceOf(headers)).toEqual(provenance);
  expect(headers[0]).toEqual(own[0]);
});

test('the next failure takes the place of the last one', () => {
  const first = [...withProvenance(own, provenance)];
  const { due: _, letter: __, awaits: ___, group: ____, ...rest } = provenance;
  const second = [...withProvenance(first, { ...rest, attempts: 3 })];
  expect(provenanceOf(second)).toEqual({
    ...rest,
    attempts: 3,
    due: undefined,
    letter: undefined,
    awaits: undefined,
    group: undefined,
  });
});

test('a message that has not failed has none', () => {
  expect(provenanceOf(own)).toBeUndefined();
});

test('a stack or reason of any length fits', () => {
  const long = { ...provenance, stack: 'x'.repeat(100_000), reason: 'y'.repeat(100_000) };
  const bytes = [...withProvenance([], long).values()].reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeLessThan(6_000);
});
