import { expect, test } from '@jest/globals';
import { FenceError } from '../errors.ts';
import { routerErrorOf } from './router-error-of.ts';

const fence = new FenceError('shut');

test.each([
  ['itself', fence],
  ['the cause', new Error('wrapped', { cause: fence })],
  ['a cause of the cause', new Error('twice', { cause: new Error('once', { cause: fence }) })],
  ['driverError', Object.assign(new Error('TypeORM'), { driverError: fence })],
  ['original', Object.assign(new Error('Sequelize'), { original: fence, parent: fence })],
])('is found as %s', (_, thrown) => {
  expect(routerErrorOf(thrown)).toBe(fence);
});

test.each([[undefined], [null], ['text'], [new Error('other')], [{ cause: fence }]])(
  'is not in %p',
  (thrown) => {
    expect(routerErrorOf(thrown)).toBeUndefined();
  },
);

test('errors that are each other`s cause come to an end', () => {
  const error = new Error('round');
  error.cause = error;
  expect(routerErrorOf(error)).toBeUndefined();
});
