import { describe, expect, test } from '@jest/globals';
import { CallInTransactionError, ThirdPartyRefusedError, ThirdPartyUnavailableError } from '../errors.ts';
import { Calls } from './calls.ts';

const outside = () => false;
const down = () => Promise.reject(new ThirdPartyUnavailableError('shop', 'is down'));
const LIMITS = { timeoutMs: 1_000, retries: 0, atOnce: 2, queue: 1, failures: 3 };

test('nothing is sent inside a transaction', async () => {
  const calls = new Calls('payment', () => true);
  let sent = 0;
  await expect(calls.call(async () => (sent += 1))).rejects.toThrow(CallInTransactionError);
  expect(sent).toBe(0);
});

test('a call that fails in passing is made again, so often and not more', async () => {
  const calls = new Calls('shop', outside, { ...LIMITS, retries: 2, failures: 10 });
  let tries = 0;
  await expect(
    calls.call(async () => {
      tries += 1;
      if (tries < 3) await down();
      return 'yes';
    }),
  ).resolves.toBe('yes');
  await expect(calls.call(down)).rejects.toThrow(ThirdPartyUnavailableError);
  expect(calls.status).toMatchObject({ made: 6, failed: 5, underWay: 0, waiting: 0 });
});

test('what is refused is not asked again, and does not open the breaker', async () => {
  const calls = new Calls('shop', outside, { ...LIMITS, retries: 5 });
  for (let count = 0; count < 5; count += 1)
    await expect(calls.call(() => Promise.reject(new ThirdPartyRefusedError('shop', 'no')))).rejects.toThrow(
      ThirdPartyRefusedError,
    );
  expect(calls.status).toMatchObject({ made: 5, breaker: 'closed' });
});

test('an answer that does not come is given up, and its request ended', async () => {
  const calls = new Calls('delivery', outside, { ...LIMITS, timeoutMs: 20 });
  let ended = false;
  const call = calls.call(
    (signal) => new Promise(() => signal.addEventListener('abort', () => (ended = true))),
  );
  await expect(call).rejects.toThrow('did not answer within 20 ms');
  expect(ended).toBe(true);
});

describe('the breaker', () => {
  test('leaves a third party alone that keeps failing, and finds that it is back', async () => {
    const calls = new Calls('payment', outside, LIMITS);
    for (let count = 0; count < LIMITS.failures; count += 1) await expect(calls.call(down)).rejects.toThrow();
    expect(calls.status.breaker).toBe('open');
    let asked = 0;
    const ask = () => calls.call(async () => (asked += 1));
    await expect(ask()).rejects.toThrow('is left alone');
    expect(asked).toBe(0);
    for (let back = false; !back;) {
      back = await ask().then(
        () => true,
        () => new Promise((resolve) => setTimeout(resolve, 20, false)),
      );
    }
    expect(calls.status.breaker).toBe('closed');
  });

  test('opens for answers that do not come too', async () => {
    const calls = new Calls('payment', outside, { ...LIMITS, timeoutMs: 5 });
    for (let count = 0; count < LIMITS.failures; count += 1)
      await expect(calls.call(() => new Promise(() => undefined))).rejects.toThrow();
    expect(calls.status.breaker).toBe('open');
  });
});

test('more calls than may wait are refused at once', async () => {
  const calls = new Calls('shop', outside, LIMITS);
  const { promise, resolve } = Promise.withResolvers<void>();
  const underWay = Array.from({ length: LIMITS.atOnce + LIMITS.queue }, () => calls.call(() => promise));
  await expect(calls.call(() => promise)).rejects.toThrow('too many calls wait');
  expect(calls.status).toMatchObject({ underWay: LIMITS.atOnce, waiting: LIMITS.queue });
  resolve();
  await Promise.all(underWay);
});
