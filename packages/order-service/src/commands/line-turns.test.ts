import { expect, test } from '@jest/globals';
import { BulkBacklogError } from './errors.ts';
import { LineTurns } from './line-turns.ts';

const turnsOf = (options: Partial<ConstructorParameters<typeof LineTurns>[0]> = {}) =>
  new LineTurns({ atOnce: () => 2, waitingOfOne: 1_000, waiting: 3_000, ...options });

/** Lets what is ready run. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

test('all lines run, each once and a few at a time', async () => {
  const turns = turnsOf({ atOnce: () => 7 });
  const ran: number[] = [];
  let [running, most] = [0, 0];
  await turns.run('a', 500, async (at) => {
    running += 1;
    most = Math.max(most, running);
    await soon();
    running -= 1;
    ran.push(at);
  });
  expect(most).toBe(7);
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, at) => at));
  expect(turns.waiting).toBe(0);
  await turns.run('a', 0, () => Promise.reject(new Error('there is none')));
});

test('as many run as may at that moment', async () => {
  let atOnce = 8;
  const turns = turnsOf({ atOnce: () => atOnce });
  const seen: number[] = [];
  let running = 0;
  await turns.run('a', 60, async (at) => {
    running += 1;
    seen.push(running);
    atOnce = at < 20 ? 8 : at < 40 ? 2 : 5;
    await soon();
    running -= 1;
  });
  expect([seen.slice(0, 20), seen.slice(30, 40), seen.slice(45)].map((part) => Math.max(...part))).toEqual([
    8, 2, 5,
  ]);
});

test('callers take turns, however much each of them sends', async () => {
  const turns = turnsOf();
  const order: string[] = [];
  const line = (caller: string) => async () => {
    order.push(caller);
    await soon();
  };
  const greedy = [turns.run('greedy', 400, line('greedy')), turns.run('greedy', 400, line('greedy'))];
  await soon();
  const begun = order.length;
  await Promise.all([turns.run('b', 10, line('b')), turns.run('c', 1, line('c'))]);
  const meanwhile = order.slice(begun);
  // The lines that ran then, and one for each of the others'.
  expect(meanwhile.filter((caller) => caller === 'greedy').length).toBeLessThanOrEqual(14);
  expect(meanwhile.indexOf('c')).toBeLessThan(6);
  await Promise.all(greedy);
  expect(order).toHaveLength(811);
});

test('lines beyond what may wait are refused before any of them has run', async () => {
  const turns = turnsOf({ waiting: 1_500 });
  const gate = Promise.withResolvers<void>();
  const line = () => gate.promise;
  const held = [turns.run('a', 500, line), turns.run('a', 500, line)];
  const refused = turns.run('a', 500, () => Promise.reject(new Error('has run')));
  await expect(refused).rejects.toMatchObject({ code: 'BULK_BACKLOG', isOwn: true, retryable: true });
  held.push(turns.run('b', 500, line));
  await expect(turns.run('c', 500, line)).rejects.toMatchObject({ isOwn: false });
  await expect(turns.run('c', 500, line)).rejects.toThrow(BulkBacklogError);
  gate.resolve();
  await Promise.all(held);
  await turns.run('c', 5_000, async () => undefined);
});
