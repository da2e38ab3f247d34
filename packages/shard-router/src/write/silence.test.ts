import { expect, test } from '@jest/globals';
import { SilenceWatch } from './silence.ts';

/** A watch over a session that is found idle or not, and how often it was asked for. */
function watching(idle: boolean) {
  const asked: boolean[] = [];
  const watch = new SilenceWatch((waits) => {
    asked.push(waits());
    return Promise.resolve(idle);
  });
  return { watch, asked };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a text that is soon answered is not asked for', async () => {
  const { watch, asked } = watching(true);
  watch.silent(199);
  expect(await watch.over()).toBe(false);
  expect(asked).toEqual([]);
});

test('a server that is at a statement is asked again, less often each time', async () => {
  const { watch, asked } = watching(false);
  for (let ms = 50; ms <= 3_000; ms += 50) {
    watch.silent(ms);
    await turn();
  }
  expect(asked).toHaveLength(4);
  expect(await watch.over()).toBe(false);
});

test('an answer begins the wait anew', async () => {
  const { watch, asked } = watching(false);
  for (const ms of [200, 300]) {
    watch.silent(ms);
    await turn();
  }
  watch.heard();
  watch.silent(200);
  await turn();
  expect(asked).toHaveLength(2);
});

test('after an interruption it is asked at once, and a session that was ended is asked for no more', async () => {
  const { watch, asked } = watching(true);
  watch.interrupted();
  watch.silent(5);
  await turn();
  watch.silent(5_000);
  expect(await watch.over()).toBe(true);
  expect(asked).toEqual([true]);
});

test('whoever asks is told when the text is over, and is waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waited: boolean | undefined;
  const watch = new SilenceWatch(async (waits) => {
    await promise;
    waited = waits();
    return false;
  });
  watch.silent(200);
  const over = watch.over();
  resolve();
  await over;
  expect(waited).toBe(false);
});
