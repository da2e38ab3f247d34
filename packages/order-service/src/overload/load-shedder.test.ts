import { describe, expect, test } from '@jest/globals';
import { LoadShedder, type RequestClass } from './load-shedder.ts';

/** A part that carries out so many requests a second, one after the other, and requests that come to it at a rate. */
function simulate(
  shedder: LoadShedder,
  clock: { now: number },
  { perSecond, offered, ms }: { perSecond: number; offered: number; ms: number },
  queue: (() => void)[] = [],
) {
  const latencies: number[] = [];
  let [due, served] = [0, 0];
  for (let passed = 0; passed < ms; passed += 1) {
    clock.now += 1;
    for (due += offered / 1_000; due >= 1; due -= 1) {
      const over = shedder.take('new');
      if (over === undefined) continue;
      const begun = clock.now;
      queue.push(() => {
        latencies.push(clock.now - begun);
        over();
      });
    }
    for (served += perSecond / 1_000; served >= 1; served -= 1) {
      const done = queue.shift();
      if (done === undefined) served = 1;
      else done();
    }
  }
  return { latencies: latencies.toSorted((a, b) => a - b), queue };
}

function shedderAt(targetMs = 100, most = 2_000) {
  const clock = { now: 0 };
  return { clock, shedder: new LoadShedder({ targetMs, most, now: () => clock.now }) };
}

const p90 = (sorted: readonly number[]) => sorted[Math.floor(sorted.length * 0.9)]!;

test('without too much to do, nothing is refused', () => {
  const { clock, shedder } = shedderAt();
  simulate(shedder, clock, { perSecond: 1_000, offered: 800, ms: 5_000 });
  expect(shedder.status.shed).toBe(0);
});

describe.each([500, 2_000, 5_000])('of a part that carries %i a second', (perSecond) => {
  test('ten times as much leaves it as busy as it can be, and its answers in time', () => {
    const { clock, shedder } = shedderAt();
    const { queue } = simulate(shedder, clock, { perSecond, offered: 10 * perSecond, ms: 5_000 });
    const { latencies } = simulate(shedder, clock, { perSecond, offered: 10 * perSecond, ms: 10_000 }, queue);
    expect(latencies.length).toBeGreaterThan(0.95 * perSecond * 10);
    expect(p90(latencies)).toBeLessThan(150);
    const after = simulate(shedder, clock, { perSecond, offered: perSecond / 2, ms: 2_000 }, queue);
    expect(after.latencies.at(Math.floor(after.latencies.length / 2))).toBeLessThan(20);
  });
});

test('when the part gets slower, the limit follows', () => {
  const { clock, shedder } = shedderAt();
  const { queue } = simulate(shedder, clock, { perSecond: 4_000, offered: 8_000, ms: 10_000 });
  const before = shedder.status.limit;
  simulate(shedder, clock, { perSecond: 800, offered: 8_000, ms: 10_000 }, queue);
  expect(shedder.status.limit).toBeLessThan(before / 2);
  expect(shedder.status.limit).toBeGreaterThanOrEqual(32);
});

test('new orders leave room for what goes on', () => {
  const { shedder } = shedderAt();
  const take = (kind: RequestClass, count: number) =>
    Array.from({ length: count }, () => shedder.take(kind)).filter((over) => over !== undefined).length;
  const taken = take('new', 1_000);
  expect(taken).toBe(Math.ceil(shedder.status.limit * 0.9));
  expect(take('ongoing', 1_000)).toBe(shedder.status.limit - taken);
  expect(shedder.status).toMatchObject({ underWay: shedder.status.limit });
});

test('many changes at once take a quarter of the room, and are not what its height follows', () => {
  const { clock, shedder } = shedderAt();
  const over = Array.from({ length: 100 }, () => shedder.take('bulk')).filter((end) => end !== undefined);
  expect(over).toHaveLength(32);
  clock.now += 60_000;
  for (const end of over) end();
  const height = shedder.status.limit;
  for (let i = 0; i < 50; i += 1) {
    clock.now += 100;
    for (const end of Array.from({ length: 10 }, () => shedder.take('bulk'))) {
      clock.now += 1_000;
      end!();
    }
  }
  expect(shedder.status).toEqual({ limit: height, underWay: 0, shed: 68 });
});

test('lines of bulk requests are few beside single requests, and more when nobody else is there', () => {
  const { clock, shedder } = shedderAt();
  const bulk = shedder.take('bulk');
  expect(shedder.linesAtOnce).toBe(16);
  const single = shedder.take('ongoing')!;
  expect(shedder.linesAtOnce).toBe(2);
  clock.now += 900;
  single();
  clock.now += 999;
  expect(shedder.linesAtOnce).toBe(2);
  clock.now += 1;
  bulk!();
  expect(shedder.linesAtOnce).toBe(16);
});

test('a caller who takes all that it can leaves room for others', () => {
  const { shedder } = shedderAt();
  const take = (kind: RequestClass, caller: string, count: number) =>
    Array.from({ length: count }, () => shedder.take(kind, caller)).filter((over) => over !== undefined)
      .length;
  expect(take('bulk', 'greedy', 1_000)).toBe(28);
  expect(take('bulk', 'other', 2)).toBe(2);
  expect(take('ongoing', 'greedy', 1_000)).toBeLessThan(shedder.status.limit);
  expect(take('ongoing', 'other', 3)).toBe(3);
  expect(take('new', 'third', 1)).toBe(1);
});

test('what is over is over once', () => {
  const { shedder } = shedderAt();
  const over = shedder.take('new', 'm')!;
  over();
  over();
  expect(shedder.status.underWay).toBe(0);
});
