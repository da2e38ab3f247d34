import { expect, test } from '@jest/globals';
import { reasonOf } from './reason.ts';

test.each<[string, unknown]>([
  ['refused', new Error('refused')],
  [
    'refused',
    new AggregateError([new Error('first'), new AggregateError([new Error('refused')], 'inner')], 'outer'),
  ],
  ['refused', new Error('connecting', { cause: new Error('refused') })],
  ['outer', new AggregateError([], 'outer')],
  ['text', 'text'],
])('%s', (reason, error) => {
  expect(reasonOf(error)).toBe(reason);
});
