import { expect, test } from '@jest/globals';
import { BSON, MongoNetworkError, MongoServerError } from 'mongodb';
import { isOfDocuments, isPassing } from './server-errors.ts';

test.each([10_107, 11_602, 189, 112, 91, 50, 64, 13, 14_031])('%d passes, and is waited for', (code) => {
  expect(isPassing(code)).toBe(true);
});

test.each([121, 2, 10_334, 17_280, 16_755, 424_242])('%d is of the document, known or not', (code) => {
  expect(isPassing(code)).toBe(false);
});

test('what the driver cannot write, or the server cannot read, is of the documents; an absence is not', () => {
  const server = (code: number) => new MongoServerError({ message: 'x', code });
  expect(
    [new BSON.BSONError('x'), new RangeError('x'), server(22), server(10_334)].every(isOfDocuments),
  ).toBe(true);
  const absences = [new MongoNetworkError('x'), server(10_107), server(424_242), new Error('x')];
  expect(absences.some(isOfDocuments)).toBe(false);
});
