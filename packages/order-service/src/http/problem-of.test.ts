import { expect, test } from '@jest/globals';
import {
  DuplicateRowError,
  FenceError,
  NumberNotWritableError,
  ShardUnavailableError,
  TransactionAbortedError,
  UnknownOutcomeError,
  UnknownShardError,
} from '@ordershard/shard-router';
import { CatalogueWriteError } from '../catalogue/errors.ts';
import {
  ActorNotAllowedError,
  NumberNotUsableError,
  NumberTakenError,
  OrderNotFoundError,
  TotalMismatchError,
  TransitionError,
  UnknownMenuError,
  UnknownShopError,
  VersionMismatchError,
} from '../orders/errors.ts';
import { KeyReusedError, VersionConflictError } from '../repository/errors.ts';
import {
  InvalidCursorError,
  VersionNotReachedError,
  ViewBehindError,
  ViewsUnavailableError,
} from '../views/errors.ts';
import { problemOf } from './problem-of.ts';

test.each<[Error, number, string | undefined]>([
  [new OrderNotFoundError(1n), 404, undefined],
  [new ActorNotAllowedError('refund', 'member'), 403, undefined],
  [new TransitionError('pay', 'paid'), 409, undefined],
  [new TotalMismatchError(1n, 2n), 409, 'expectedTotal'],
  [new UnknownShopError(), 422, 'shopId'],
  [new UnknownMenuError(3), 422, 'items[3].menuId'],
  [new KeyReusedError(), 422, 'Idempotency-Key'],
  [new InvalidCursorError(), 400, 'cursor'],
  [new ShardUnavailableError(1, 'ECONNREFUSED 10.0.0.1'), 503, undefined],
  [new UnknownShardError('there is no shard 3'), 503, undefined],
  [new FenceError('frozen'), 503, undefined],
  [new TransactionAbortedError('deadlock'), 503, undefined],
  [new NumberNotWritableError('clock'), 503, undefined],
  [new UnknownOutcomeError('lost'), 503, undefined],
  [new CatalogueWriteError([1]), 503, undefined],
  [new VersionConflictError(1n, 1), 409, undefined],
  [new VersionMismatchError(1n, 1), 412, undefined],
  [new NumberTakenError(1n), 409, undefined],
  [new NumberNotUsableError(1n), 409, undefined],
  [new ViewsUnavailableError(), 503, undefined],
  [new ViewBehindError('1-2'), 409, undefined],
  [new ViewBehindError('1-2', { cause: new ShardUnavailableError(1, 'x') }), 503, undefined],
  [new VersionNotReachedError(1n, 1, 2), 409, undefined],
  [new DuplicateRowError('orders.PRIMARY'), 500, undefined],
  [new Error('secret: /etc/passwd'), 500, undefined],
  [Object.assign(new Error('x'), { status: 413, type: 'entity.too.large' }), 413, undefined],
  [Object.assign(new URIError('x'), { status: 400 }), 400, undefined],
])('%p', (error, status, field) => {
  const problem = problemOf(error, true);
  expect(problem.status).toBe(status);
  expect(problem.errors?.[0]?.field).toBe(field);
  if (status === 503) expect(problem.headers['Retry-After']).toMatch(/^\d+$/);
  if (status >= 500) expect(JSON.stringify(problem.toBody('/'))).not.toMatch(/secret|ECONN|10\.0|deadlock/);
});

test('a view that is behind asks for patience, whether its shard is down or not', () => {
  expect(problemOf(new ViewBehindError('1-2'), false).headers['Retry-After']).toMatch(/^\d+$/);
  const down = problemOf(new ViewBehindError('1-2', { cause: new ShardUnavailableError(1, 'x') }), false);
  expect(down.part).toBe('shard 1');
});

test('what is thrown that is no error is a 500 too', () => {
  expect(problemOf(null, false).status).toBe(500);
  expect(problemOf('x', false).status).toBe(500);
});

test('an unknown outcome says how to ask again', () => {
  expect(problemOf(new UnknownOutcomeError('lost'), true).message).toMatch(/same Idempotency-Key/);
  expect(problemOf(new UnknownOutcomeError('lost'), false).message).toMatch(/had no Idempotency-Key/);
});
