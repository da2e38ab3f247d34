import { expect, test } from '@jest/globals';
import { InvalidEventError } from '../errors.ts';
import { busId, isDestination, isMeantFor } from './address.ts';

const me = { server: 'api', id: 'a-1' };

test.each([
  ['**', true],
  ['api', true],
  ['api:a-1', true],
  ['api:a-2', false],
  ['relay', false],
  ['relay:a-1', false],
  ['ap', false],
  ['api:', false],
])('an event for %s is meant for api:a-1: %s', (destination, meant) => {
  expect(isMeantFor(destination, me)).toBe(meant);
});

test.each(['**', 'api', 'api:a-1'])('%s is a destination', (text) => expect(isDestination(text)).toBe(true));

test.each(['', '*', 'api:', ':a', 'api:a:b', 'a b', 'x'.repeat(101)])('"%s" is no destination', (text) =>
  expect(isDestination(text)).toBe(false),
);

test('a bus id has two parts', () => {
  expect(busId(me)).toBe('api:a-1');
  expect(() => busId({ server: 'api:b', id: 'c' })).toThrow(InvalidEventError);
  expect(() => busId({ server: '', id: 'c' })).toThrow(InvalidEventError);
});
