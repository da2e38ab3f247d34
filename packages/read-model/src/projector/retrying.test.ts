import { expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { ProjectionError, ViewsUnavailableError } from '../errors.ts';
import { retrying, retryPause } from './retrying.ts';

const log = createLogger('projector', 'silent');

test('pauses grow up to 5 s, and are never less than half of it', () => {
  expect([0, 1, 2, 10, 1_000].map((failures) => retryPause(failures, () => 0))).toEqual([
    100, 200, 400, 5_000, 5_000,
  ]);
  expect(retryPause(1, () => 1)).toBe(100);
});

test('an error that will not pass is thrown at once', async () => {
  let calls = 0;
  const fails = async () => {
    calls += 1;
    throw new ProjectionError('never');
  };
  await expect(retrying('x', fails, { signal: new AbortController().signal, log })).rejects.toThrow(
    ProjectionError,
  );
  expect(calls).toBe(1);
});

test('an abort ends the tries with the last error', async () => {
  const stopping = new AbortController();
  const fails = async () => {
    stopping.abort();
    throw new ViewsUnavailableError('away');
  };
  await expect(retrying('x', fails, { signal: stopping.signal, log })).rejects.toThrow(ViewsUnavailableError);
});
