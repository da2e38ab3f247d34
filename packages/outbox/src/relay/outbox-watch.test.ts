import { expect, test } from '@jest/globals';
import { OutboxWatch, type Watched } from './outbox-watch.ts';

/** Runs a watch over tables until a condition holds. */
async function watch(newest: () => Map<string, bigint>, watched: Watched[], enough: () => boolean) {
  const end = new AbortController();
  const looks: number[] = [];
  const outbox = new OutboxWatch(async () => {
    looks.push(performance.now());
    if (enough()) end.abort();
    return newest();
  });
  await outbox.run(() => watched, end.signal);
  return looks;
}

test('only tables with news are woken, and those told that have no id as high as what was read', async () => {
  const woken: string[] = [];
  const behind: string[] = [];
  const table = (name: string, readId: bigint): Watched => ({
    table: name,
    readId,
    gaps: 0,
    wake: () => woken.push(name),
    fallenBehind: () => behind.push(name),
  });
  let looks = 0;
  await watch(
    () =>
      new Map([
        ['a', 5n],
        ['b', 5n],
        ['c', 5n],
      ]),
    [table('a', 4n), table('b', 5n), table('c', 6n)],
    () => (looks += 1) > 1,
  );
  expect(new Set(woken)).toEqual(new Set(['a']));
  expect(new Set(behind)).toEqual(new Set(['c']));
});

test('a shard that does not answer ends nothing', async () => {
  const end = new AbortController();
  let looks = 0;
  const outbox: OutboxWatch = new OutboxWatch(async () => {
    looks += 1;
    if (looks === 3) end.abort();
    else outbox.poke();
    throw new Error('down');
  });
  await outbox.run(
    () => [{ table: 'a', readId: 0n, gaps: 0, wake: () => undefined, fallenBehind: () => undefined }],
    end.signal,
  );
  expect(looks).toBe(3);
});
