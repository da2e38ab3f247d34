import { expect, test } from '@jest/globals';
import { KeyedWork, type KeyedWorkOptions } from './keyed-work.ts';

const passing = new Error('passes');

const options = (work: (key: string) => Promise<unknown>): KeyedWorkOptions => ({
  work,
  isRetryable: (error) => error === passing,
  failed: () => undefined,
  atOnce: 4,
  most: 3,
});

/** Work that is done when it is let. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (key: string) =>
    new Promise<void>((resolve, reject) => {
      begun.push(key);
      ends.set(key, (error) => (error === undefined ? resolve() : reject(error)));
    });
  return { begun, work, end: (key: string, error?: Error) => ends.get(key)!(error) };
}

const done = (keyed: KeyedWork, key: string) => new Promise<void>((resolve) => keyed.add(key, resolve));
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the work of a key is done one after the other, and what waits for the same begin is one', async () => {
  const { begun, work, end } = held();
  const keyed = new KeyedWork(options(work));
  const first = done(keyed, 'a');
  const later = Promise.all([done(keyed, 'a'), done(keyed, 'a')]);
  expect(begun).toEqual(['a']);
  end('a');
  await first;
  await turn();
  expect(begun).toEqual(['a', 'a']);
  end('a');
  await later;
  expect(begun).toEqual(['a', 'a']);
});

test('a key that fails holds up no other, and is tried again', async () => {
  const tries = new Map<string, number>();
  const keyed = new KeyedWork(
    options(async (key) => {
      const count = (tries.get(key) ?? 0) + 1;
      tries.set(key, count);
      if (key === 'bad' && count < 3) throw passing;
    }),
  );
  const order: string[] = [];
  const bad = done(keyed, 'bad').then(() => order.push('bad'));
  await done(keyed, 'good').then(() => order.push('good'));
  await bad;
  expect(order).toEqual(['good', 'bad']);
  expect(tries).toEqual(
    new Map([
      ['bad', 3],
      ['good', 1],
    ]),
  );
});

test('a failure that does not pass ends the work on its key', async () => {
  const failures: unknown[] = [];
  const keyed = new KeyedWork({
    ...options(() => Promise.reject(new Error('no'))),
    failed: (key, error) => failures.push([key, (error as Error).message]),
  });
  await done(keyed, 'a');
  expect(failures).toEqual([['a', 'no']]);
});

test('no more keys are taken than there is room for', async () => {
  const { work, end } = held();
  const keyed = new KeyedWork(options(work));
  for (const key of ['a', 'b', 'c']) keyed.add(key);
  let roomy = false;
  const room = keyed.room().then(() => (roomy = true));
  await turn();
  expect(roomy).toBe(false);
  end('b');
  await room;
  expect(keyed.size).toBe(2);
});

test('once it is stopped, nothing begins, and nobody is told that what was not done is', async () => {
  const { begun, work, end } = held();
  const keyed = new KeyedWork(options(work));
  let told = 0;
  keyed.add('a', () => (told += 1));
  keyed.add('a', () => (told += 1));
  keyed.stop();
  end('a');
  await turn();
  await turn();
  expect(begun).toEqual(['a']);
  expect(told).toBe(1);
  expect(keyed.size).toBe(0);
});
