import { expect, test } from '@jest/globals';
import { ApiProblemError } from './errors.ts';
import { Seen } from './seen.ts';

const refusal = (type: string, errors?: readonly { field: string; message: string }[]) =>
  new ApiProblemError({
    type: `urn:ordershard:problem:${type}`,
    title: '',
    status: 409,
    detail: '',
    instance: '',
    ...(errors === undefined ? {} : { errors }),
  } as ConstructorParameters<typeof ApiProblemError>[0]);

test('an answer takes the place of what its request said', () => {
  const seen = new Seen();
  expect(seen.begin().tokens).toBeUndefined();
  seen.begin().answered('a');
  const next = seen.begin();
  expect(next.tokens).toBe('a');
  next.answered('b');
  expect(seen.begin().tokens).toBe('b');
  seen.begin().answered(null);
  expect(seen.begin().tokens).toBe('b');
});

test('answers side by side are both said', () => {
  const seen = new Seen();
  seen.begin().answered('a');
  const [one, other] = [seen.begin(), seen.begin()];
  other.answered('c');
  one.answered('b');
  const both = seen.begin();
  expect(both.tokens).toBe('c,b');
  both.answered('d');
  expect(seen.begin().tokens).toBe('d');
});

test('no more are kept than may be sent', () => {
  const seen = new Seen();
  const many = Array.from({ length: 20 }, () => seen.begin());
  for (const [at, one] of many.entries()) one.answered(`t${at}`);
  expect(seen.begin().tokens).toBe('t12,t13,t14,t15,t16,t17,t18,t19');
});

test('what is not there any more is told once', () => {
  const seen = new Seen();
  seen.begin().answered('a');
  seen.refused(new Error('cut off'));
  seen.refused(refusal('order-not-found'));
  seen.refused(refusal('version-not-reached'), { minVersion: 7 });
  expect(seen.begin().tokens).toBe('a');
  seen.refused(refusal('version-not-reached'), { minVersion: undefined });
  expect(seen.begin().tokens).toBeUndefined();
  seen.begin().answered('b');
  seen.refused(refusal('invalid-request', [{ field: 'Reader-Token', message: '' }]));
  expect(seen.begin().tokens).toBeUndefined();
});
