import { expect, test } from '@jest/globals';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { judge } from './hydrate.ts';

const wanted = { number: 7n, version: 3 };
const answer = (version: number | undefined, expired = false) => ({
  number: 7n,
  snapshot: version === undefined ? undefined : sampleSnapshot(7n, version),
  expired,
});

test.each([3, 4])('an order of version %d answers for an event of version 3', (version) => {
  expect(judge(wanted, answer(version))).toEqual({ snapshot: sampleSnapshot(7n, version) });
});

test('"not there" means expired only below what its owner keeps', () => {
  expect(judge(wanted, answer(undefined, true))).toEqual({ expired: true });
  expect(judge(wanted, answer(undefined))).toEqual({
    error: expect.objectContaining({ code: 'READ_MODEL_HYDRATION', retryable: true }),
  });
});

test.each([
  ['an older order', answer(2)],
  ['an error that would not pass by itself', new RangeError('x')],
  ['no answer', undefined],
])('%s is asked for again later', (_, given) => {
  expect(judge(wanted, given)).toEqual({
    error: expect.objectContaining({ code: 'READ_MODEL_HYDRATION', retryable: true }),
  });
});
